import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { type Declaration, declarationsIn } from './api-docs/declarations.ts'
import { apiText } from './api-docs/text.ts'

const SDK = path.join(import.meta.dirname, '../plugin-sdk')

/** The files of `@gururmm/plugin-sdk`, the contract first. */
function sourceFiles(): readonly string[] {
  const files = readdirSync(SDK, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.ts') && !/^(?:dist|node_modules)|^(?:index|testing)\.ts$/.test(file))
  return ['plugin.ts', ...files.filter((file) => file !== 'plugin.ts').sort()]
}

/** What is read first. */
const FIRST = [
  'definePlugin',
  'CommandContext',
  'PluginContext',
  'Outcome',
  'CommandError',
  'Permissions',
  'RunOptions',
  'Run',
  'RunEnd',
]

const INTRODUCTION = `# API reference for plugin authors

Made from the doc comments of \`plugin-sdk/\` by \`npm run generate\`. How to begin: [plugin-authors.md](plugin-authors.md).`

/** The text of docs/plugin-api.md, made from the comments of the SDK. */
export function apiDocs(): string {
  const names = exportsOf('index.ts')
  const declared = sourceFiles()
    .flatMap((file) => declarationsIn(read(file)))
    .filter(({ name }) => names.includes(name))
  return `${[
    INTRODUCTION,
    '## `@gururmm/plugin-sdk`',
    ...[...declared].sort(byWeight).map(apiText),
    '## `@gururmm/plugin-sdk/testing`',
    ...[...declarationsIn(read('testing.ts'))]
      .sort((a, b) => Number(b.name === 'testPlugin') - Number(a.name === 'testPlugin'))
      .map(apiText),
  ].join('\n\n')}\n`
}

/** Every name that a module of the SDK exports from its other files. */
export function exportsOf(file: string): readonly string[] {
  const lists = read(file).matchAll(/^export (?:type )?\{([^}]*)\}/gm)
  return [...lists]
    .flatMap(([, list = '']) => list.split(',').map((name) => name.replace(/^\s*(?:type )?/, '').trim()))
    .filter((name) => name !== '')
}

function byWeight(a: Declaration, b: Declaration): number {
  const weight = ({ name }: Declaration) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length)
  return weight(a) - weight(b)
}

function read(file: string): string {
  return readFileSync(path.join(SDK, file), 'utf8')
}
