import type { TemplateOptions } from './shared.ts'

/** The plugin itself; TypeScript infers every type in it from the schemas, so it is JavaScript too. */
export function pluginCode({ name }: TemplateOptions): string {
  return `import { cpus, hostname, totalmem } from 'node:os'
import { CommandError, definePlugin } from '@gururmm/plugin-sdk'

export default definePlugin({
  name: '${name}',

  // What an operator may set, under \`plugins.${name}.config\`
  configSchema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      owner: { type: 'string', maxLength: 100, default: 'unknown', description: 'Who owns this machine.' },
    },
  },

  // What the plugin needs of the machine. The operator grants it; there is nothing else for it
  permissions: { programs: ['whoami'] },

  commands: {
    ${name}: {
      description: 'Tells what machine this is, who owns it and as whom programs run on it.',
      schemas: {
        // Makes the checks, the types of \`input\` and the flags of \`gururmm-agent run ${name}\`
        input: {
          type: 'object',
          additionalProperties: false,
          properties: {
            details: { type: 'boolean', default: false, description: 'Whether to tell of processors and memory, too.' },
          },
        },
        result: {
          type: 'object',
          additionalProperties: false,
          required: ['host', 'owner', 'account'],
          properties: {
            host: { type: 'string' },
            owner: { type: 'string' },
            account: { type: 'string', maxLength: 256 },
            processors: { type: 'integer' },
            memory_bytes: { type: 'integer' },
          },
        },
      },
      timeoutSeconds: 30,
      async handler({ details }, ctx) {
        ctx.progress({ step: 'asking whoami' })
        // The agent starts the program and ends it with the command; a plugin can't start any itself
        const run = ctx.run('whoami', [], { output: 'plugin' })
        let account = ''
        for await (const line of run.lines('stdout')) account ||= line.trim().slice(0, 256)
        const { exitCode } = await run.ended
        if (exitCode !== 0 || account === '') {
          throw new CommandError('${name.toUpperCase()}_UNKNOWN', 'whoami did not tell an account; run it by hand to see why.')
        }
        const found = { host: hostname(), owner: ctx.config.owner, account }
        return { data: details ? { ...found, processors: cpus().length, memory_bytes: totalmem() } : found }
      },
    },
  },
})
`
}

/** By itself, so that nobody takes the template's imports for this file's. */
const TEST_KIT = "'@gururmm/plugin-sdk/testing'"

/** Its tests. */
export function testCode({ name, language }: TemplateOptions): string {
  const extension = language === 'typescript' ? 'ts' : 'js'
  return `import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { test } from 'node:test'
import { testPlugin } from ${TEST_KIT}
import plugin from './index.${extension}'

test('it tells what machine this is and who owns it', async (t) => {
  const kit = await testPlugin(plugin, { config: { owner: 'Acme Inc.' } })
  t.after(() => kit.close())
  const result = await kit.run('${name}', { details: true })
  assert.equal(result.exitCode, 0, result.stderr)
  const data = result.data as Record<string, unknown>
  assert.equal(data.host, hostname())
  assert.equal(data.owner, 'Acme Inc.')
  assert.equal(typeof data.memory_bytes, 'number')
})

test('details are told only where they are asked for', async (t) => {
  const kit = await testPlugin(plugin)
  t.after(() => kit.close())
  const result = await kit.run('${name}', {})
  assert.deepEqual(Object.keys(result.data as object), ['host', 'owner', 'account'])
})

test('what does not fit the schema never reaches the handler', async (t) => {
  const kit = await testPlugin(plugin)
  t.after(() => kit.close())
  const result = await kit.run('${name}', { details: 'yes' })
  assert.equal(result.failure?.code, 'COMMAND_INPUT_INVALID')
})
`.replaceAll(language === 'typescript' ? /$^/g : / as (?:Record<string, unknown>|object)/g, '')
}
