/** What goes into a new plugin's files. */
export interface TemplateOptions {
  /** snake_case. */
  readonly name: string
  readonly language: 'typescript' | 'javascript'
  /** Of the SDK, e.g. `1.0.0`. */
  readonly sdkVersion: string
}

export function packageJson({ name, language, sdkVersion }: TemplateOptions): string {
  const isTyped = language === 'typescript'
  const value = {
    name: `gururmm-plugin-${name.replaceAll('_', '-')}`,
    version: '0.1.0',
    private: true,
    description: `A plugin of the GuruRMM agent that brings the command ${name}`,
    type: 'module',
    engines: { node: '>=22.18' },
    exports: `./index.${isTyped ? 'ts' : 'js'}`,
    scripts: {
      dev: 'gururmm-agent plugin dev',
      test: 'gururmm-agent plugin test',
      ...(isTyped && { typecheck: 'tsc' }),
    },
    devDependencies: {
      '@gururmm/plugin-sdk': `^${sdkVersion}`,
      ...(isTyped && { '@types/node': '^26.0.0', typescript: '^7.0.0' }),
    },
  }
  return jsonText(value)
}

export const GITIGNORE = 'node_modules/\n*.tgz\n.gururmm-dev.json\n'

/** For `plugin dev` and `plugin test`: what an operator would write. */
export function devJson({ name }: TemplateOptions): string {
  return jsonText({ config: { owner: 'Acme Inc.' }, inputs: { [name]: [{}, { details: true }] } })
}

export const TSCONFIG = jsonText({
  compilerOptions: {
    target: 'es2024',
    module: 'nodenext',
    strict: true,
    noEmit: true,
    // Node.js runs the sources as they are: it takes types away and does nothing else
    erasableSyntaxOnly: true,
    verbatimModuleSyntax: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    types: ['node'],
  },
})

export function readme({ name, language }: TemplateOptions): string {
  const extension = language === 'typescript' ? 'ts' : 'js'
  const typecheck = language === 'typescript' ? '\n`npm install && npm run typecheck` checks the types.' : ''
  return `# ${name}

A plugin of the GuruRMM agent: tells what machine this is, who owns it and as whom programs run on it.

| | |
|---|---|
| \`index.${extension}\` | the plugin: its config, its permissions, its command and what that does |
| \`index.test.${extension}\` | its tests |
| \`gururmm.plugin.json\` | its manifest, written from the code by \`plugin dev\`, \`plugin manifest\` and \`plugin pack\`; never edit it |
| \`gururmm.dev.json\` | config, permissions and example inputs for \`plugin dev\` and \`plugin test\` |

\`\`\`text
gururmm-agent plugin dev     run it in an agent of its own, and again after each change
gururmm-agent plugin test    its tests, then what every plugin must stand
gururmm-agent plugin pack    make the .tgz that operators install
\`\`\`
${typecheck}
## Config

| Key | Default | Meaning |
|---|---|---|
| \`owner\` | \`unknown\` | who owns this machine |

## Permissions

\`programs\`: \`whoami\`.
`
}

function jsonText(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
