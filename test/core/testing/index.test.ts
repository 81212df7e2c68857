import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CommandError, definePlugin } from '@gururmm/plugin-sdk'
import type { PluginTest, TestPluginOptions } from '@gururmm/plugin-sdk/testing'
import { type Test, test } from 'tap'
import { testPlugin } from '../../../core/testing/index.ts'

const node = process.execPath

const plugin = definePlugin({
  name: 'acme',
  configSchema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      greeting: { type: 'string', minLength: 1, default: 'hello' },
      tokenFile: { type: ['string', 'null'], format: 'secret-file', default: null },
    },
  },
  permissions: { programs: [node] },
  commands: {
    acme_say: {
      description: 'Says something.',
      schemas: {
        input: {
          type: 'object',
          additionalProperties: false,
          required: ['to'],
          properties: { to: { type: 'string' }, loud: { type: 'boolean', default: false } },
        },
      },
      async handler({ to, loud }, { config, requester, logger }) {
        logger.info({ to }, 'saying')
        return {
          stdout: `${config.greeting} ${to}${loud ? '!' : ''}`,
          data: { for: requester.user },
          usage: { words: 2 },
        }
      },
    },
    acme_run: {
      description: 'Runs a script.',
      schemas: { input: { type: 'object', required: ['script'], properties: { script: { type: 'string' } } } },
      async handler({ script }, ctx) {
        ctx.progress({ step: 'started' })
        await ctx.run(node, ['-e', String(script)]).ended
      },
    },
    acme_refuse: {
      description: 'Refuses.',
      schemas: { input: { type: 'object' } },
      elevation: true,
      async handler(_input, { command, secret }) {
        if (command.elevated) return { stdout: await secret('tokenFile') }
        throw new CommandError('ACME_BUSY', 'Busy.', { refused: true, retryAfterSeconds: 3, rule: 'acme.rule' })
      },
    },
  },
  async setup({ config }) {
    if (config.greeting === 'fail') throw new Error('not liked')
  },
  check: async ({ config }) => [{ name: 'greeting', ok: true, message: config.greeting }],
})

async function start(t: Test, options?: TestPluginOptions): Promise<PluginTest> {
  const started = await testPlugin(plugin, options)
  t.teardown(() => started.close())
  return started
}

test('a command runs through the real validation, and its result is the server’s', async (t) => {
  const acme = await start(t)
  const requester = { user: 'ada', role: null }
  t.same(await acme.run('acme_say', { to: 'you', loud: true }, { requester }), {
    exitCode: 0,
    stdout: 'hello you!',
    stderr: '',
    data: { for: 'ada' },
    usage: { words: 2 },
    progress: [],
  })
  t.match(await acme.run('acme_say', { too: 'you' }), { exitCode: -1, failure: { code: 'COMMAND_INPUT_INVALID' } })
  t.match(await acme.run('acme_say', undefined), { exitCode: -1, failure: { code: 'COMMAND_INPUT_INVALID' } })
  t.match(await acme.run('acme_sing', {}), { exitCode: -1, failure: { code: 'COMMAND_TYPE_UNKNOWN' } })
})

test('programs run through the real runner', async (t) => {
  const acme = await start(t)
  t.same(await acme.run('acme_run', { script: `process.stdout.write('out')` }), {
    exitCode: 0,
    stdout: 'out',
    stderr: '',
    progress: [
      { stream: 'event', data: { step: 'started' } },
      { stream: 'stdout', offset: 0, data: 'out' },
    ],
  })
})

test('a deadline and a cancel end what runs', async (t) => {
  const acme = await start(t)
  const forever = { script: 'setInterval(() => {}, 1000)' }
  t.match(await acme.run('acme_run', forever, { timeoutSeconds: 0.3 }), {
    exitCode: 124,
    failure: { code: 'COMMAND_TIMED_OUT' },
  })
  const signal = AbortSignal.timeout(300)
  t.match(await acme.run('acme_run', forever, { signal }), { exitCode: -1, failure: { code: 'COMMAND_CANCELLED' } })
  const aborted = AbortSignal.abort()
  t.match(await acme.run('acme_run', forever, { signal: aborted }), { failure: { code: 'COMMAND_CANCELLED' } })
})

test('a refusal comes with all it says', async (t) => {
  const acme = await start(t)
  t.same((await acme.run('acme_refuse', {})).failure, {
    code: 'ACME_BUSY',
    message: 'Busy.',
    retryAfterSeconds: 3,
    rule: 'acme.rule',
  })
})

test('elevation is for the types that declare it', async (t) => {
  const dir = t.testdir({})
  writeFileSync(join(dir, 'token'), 'very-secret', { mode: 0o600 })
  const acme = await start(t, { config: { tokenFile: 'token' }, configDir: dir })
  const code = 'ELEVATION_UNSUPPORTED'
  t.match(await acme.run('acme_say', { to: 'x' }, { elevated: true }), { exitCode: -1, failure: { code } })
  t.match(await acme.run('acme_refuse', {}, { elevated: true }), { exitCode: 0, stdout: '***' })
  await acme.run('acme_say', { to: 'very-secret' })
  t.same(acme.log, [{ level: 'info', fields: { to: '***', plugin: 'acme' }, message: 'saying' }])
})

test('what the agent would refuse to load is refused here', async (t) => {
  await t.rejects(testPlugin(plugin, { config: { greting: 'x' } }), { code: 'PLUGIN_CONFIG_INVALID' })
  await t.rejects(testPlugin(plugin, { config: { greeting: 'fail' } }), { code: 'PLUGIN_SETUP_FAILED' })
  await t.rejects(testPlugin(plugin, { grants: {} }), { code: 'PLUGIN_PERMISSION_MISSING' })
  await t.rejects(testPlugin({ name: 'acme' } as never), TypeError)
})

test('a config can change, and a bad one leaves the good one', async (t) => {
  const acme = await start(t)
  await acme.reconfigure({ greeting: 'hi' })
  t.match(await acme.run('acme_say', { to: 'you' }), { stdout: 'hi you' })
  await t.rejects(acme.reconfigure({ greeting: '' }), { code: 'PLUGIN_CONFIG_INVALID' })
  await t.rejects(acme.reconfigure({ greeting: 'fail' }), { code: 'PLUGIN_SETUP_FAILED' })
  t.match(await acme.run('acme_say', { to: 'you' }), { stdout: 'hi you' })
  t.match(await acme.check(), [
    { name: 'load', ok: false },
    { name: 'greeting', ok: true, message: 'hi' },
  ])
})

test('nothing of the kit is left behind, unless the folder was given', async (t) => {
  const acme = await testPlugin(plugin)
  t.ok(existsSync(acme.dataDir))
  await acme.close()
  await acme.close()
  t.notOk(existsSync(acme.dataDir))
  const kept = await testPlugin(plugin, { dataDir: t.testdir({}) })
  await kept.close()
  t.ok(existsSync(kept.dataDir))
})
