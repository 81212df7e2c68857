import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { definePlugin } from '@gururmm/plugin-sdk'
import { test } from 'tap'
import {
  executionOf,
  hostOf,
  hostOfPlugin,
  refusalOf,
  runOn,
  settings,
  type TestHost,
  typeOf,
} from '../../helpers/plugin-host.ts'
import { waitUntil } from '../../helpers/wait-until.ts'

const journalOf = (host: TestHost) => readFileSync(join(host.dataDir, 'plugins/good/journal'), 'utf8')
const letGo = (host: TestHost) => writeFileSync(join(host.dataDir, 'plugins/good/go'), '')
const greeting = (text: string) => settings({ config: { greeting: text } })

/** Starts a `good_wait`; resolves once its program was started. */
async function startWaiting(host: TestHost) {
  let started = false
  const ended = runOn(host, 'good_wait', {}, { onProgress: () => (started = true) })
  await waitUntil('the command has begun', () => started)
  return { ended }
}

test('a type that no plugin brings is unknown, and the nearest is told', async (t) => {
  const host = hostOf(t, { good: {} })
  t.match(host.registry.find('goof'), { failure: { code: 'COMMAND_TYPE_UNKNOWN', message: /"good"\?/ } })
  for (const type of ['constructor', '__proto__', 'x'.repeat(100_000), '']) {
    t.match(host.registry.find(type), { failure: { code: 'COMMAND_TYPE_UNKNOWN' } })
  }
})

test('a type tells dispatch what it needs', async (t) => {
  const host = hostOf(t, { good: { limits: { good: { queued: 3 }, good_wait: { concurrent: 1 } } } })
  t.match(typeOf(host, 'good'), {
    plugin: 'good',
    timeoutSeconds: 30,
    limits: { concurrent: 2, queued: 3 },
    elevation: false,
    takesCommandText: true,
  })
  t.match(typeOf(host, 'good_wait'), { limits: { concurrent: 1 }, takesCommandText: false, timeoutSeconds: null })
  t.match(typeOf(host, 'good_secret'), { limits: {}, elevation: true })
})

test('input is checked on a copy, defaults filled in', async (t) => {
  const host = hostOf(t, { good: {} })
  const given = { command: 'x' }
  t.same(await typeOf(host, 'good').validate(given), { input: { command: 'x', times: 1 } })
  t.same(given, { command: 'x' })
  t.match(await typeOf(host, 'good').validate({ command: 'x', tims: 2 }), {
    failure: { code: 'COMMAND_INPUT_INVALID', message: /`input\.tims`.*"times"/ },
  })
})

test('commands wait for a plugin that is still being set up', async (t) => {
  let setUp = false
  const release = Promise.withResolvers<void>()
  const plugin = definePlugin({
    name: 'slow',
    commands: {
      slow: {
        description: 'Runs.',
        schemas: { input: { type: 'object' } },
        async handler() {
          return { stdout: String(setUp) }
        },
      },
    },
    async setup() {
      await release.promise
      setUp = true
    },
  })
  const host = hostOfPlugin(t, plugin)
  t.match(host.list(), [{ state: 'enabled' }])
  const result = runOn(host, 'slow', {})
  release.resolve()
  t.match(await result, { exitCode: 0, stdout: 'true' })
})

test('commands that waited for a plugin whose setup failed are told so', async (t) => {
  const host = hostOf(t, { setup_throws: {} })
  t.match(await runOn(host, 'setup_throws', {}), { exitCode: -1, failure: { code: 'PLUGIN_UNAVAILABLE' } })
})

test('code is not loaded before the agent says so, unless a command needs it', async (t) => {
  const loadAfter = Promise.withResolvers<void>()
  const host = hostOf(t, { good: {}, takes_good: {}, stale: { enabled: false } }, { loadAfter: loadAfter.promise })
  await new Promise((resolve) => setTimeout(resolve, 50))
  t.match(host.list(), [{ state: 'enabled', commands: [{}, {}, {}] }, { state: 'enabled' }, { state: 'disabled' }])
  t.throws(() => journalOf(host), { code: 'ENOENT' })
  t.match(await runOn(host, 'good', { command: 'x' }), { exitCode: 0 })
  t.equal(journalOf(host), 'setup hello\n')
  await host.load()
  t.match(host.list(), [{ state: 'enabled' }, { code: 'PLUGIN_COMMAND_TAKEN' }, { state: 'disabled' }])
})

test('code is loaded once the agent says so, whatever became of what it waited for', async (t) => {
  for (const loadAfter of [() => Promise.resolve(), () => Promise.reject(new Error('no server'))]) {
    const host = hostOf(t, { good: {} }, { loadAfter: loadAfter() })
    await waitUntil('it is set up', () => existsSync(join(host.dataDir, 'plugins/good/journal')))
    t.match(host.list(), [{ state: 'enabled' }])
  }
})

test('a disabled plugin takes no new commands; the running one ends, then it is torn down', async (t) => {
  const host = hostOf(t, { good: {} })
  const running = await startWaiting(host)
  const late = typeOf(host, 'good')
  const disabled = host.disable('good')
  t.match(host.list(), [{ state: 'disabled' }], 'at once')
  t.equal(refusalOf(host, 'good'), 'PLUGIN_DISABLED')
  t.match(await late.run(executionOf('good', { command: 'x', times: 1 })), { failure: { code: 'PLUGIN_DISABLED' } })
  t.notMatch(journalOf(host), /teardown/)
  letGo(host)
  t.match(await running.ended, { exitCode: 0, stdout: 'hello' })
  t.match(await disabled, { state: 'disabled' })
  t.equal(journalOf(host), 'setup hello\nteardown\n')
  t.match(await host.enable('good'), { state: 'enabled', reason: null })
  t.match(await runOn(host, 'good', { command: 'x' }), { exitCode: 0 })
  t.equal(journalOf(host), 'setup hello\nteardown\nsetup hello\n')
})

test('a plugin enabled again while its last command runs goes on as it was', async (t) => {
  const host = hostOf(t, { good: {} })
  await host.ready
  const running = await startWaiting(host)
  const disabled = host.disable('good')
  await new Promise((resolve) => setImmediate(resolve))
  t.match(await host.enable('good'), { state: 'enabled' })
  await disabled
  letGo(host)
  t.match(await running.ended, { exitCode: 0 })
  t.equal(journalOf(host), 'setup hello\n')
})

test('a new config is in force for new commands, while those that run keep theirs', async (t) => {
  const host = hostOf(t, { good: {} })
  await host.ready
  const running = await startWaiting(host)
  t.match(await host.reconfigure('good', greeting('hi')), { state: 'enabled', reason: null })
  t.match(await runOn(host, 'good', { command: 'x' }), { stdout: 'hi x' })
  const over = () => host.lines.filter((line) => line.message === 'context over').map((line) => line.fields.greeting)
  t.same(over(), [], 'the old context lives as long as its command')
  letGo(host)
  t.match(await running.ended, { stdout: 'hello' })
  t.same(over(), ['hello'])
  t.equal(journalOf(host), 'setup hello\nsetup hi\n')
})

test('limits change without a new setup', async (t) => {
  const host = hostOf(t, { good: {} })
  await host.ready
  await host.reconfigure('good', settings({ limits: { good: { concurrent: 7 } } }))
  t.match(typeOf(host, 'good').limits, { concurrent: 7 })
  t.equal(journalOf(host), 'setup hello\n')
})

test('a new config that does not hold leaves the last good one in force, and says why', async (t) => {
  const host = hostOf(t, { good: { config: { greeting: 'hi' } } })
  await host.ready
  t.match(await host.reconfigure('good', greeting('')), { state: 'enabled', code: 'PLUGIN_CONFIG_INVALID' })
  t.match(await runOn(host, 'good', { command: 'x' }), { stdout: 'hi x' })
  t.match(await host.reconfigure('good', greeting('fail')), { state: 'enabled', code: 'PLUGIN_SETUP_FAILED' })
  t.match(await runOn(host, 'good', { command: 'x' }), { stdout: 'hi x' })
  t.equal(journalOf(host), 'setup hi\nsetup hi\n', 'set up again with the good one')
  t.match(await host.reconfigure('good', greeting('ho')), { state: 'enabled', reason: null, code: null })
  t.match(await runOn(host, 'good', { command: 'x' }), { stdout: 'ho x' })
})

test('new settings can switch off, and bring a plugin that was not there', async (t) => {
  const host = hostOf(t, { good: {} })
  t.match(await host.reconfigure('good', settings({ enabled: false })), { state: 'disabled' })
  t.match(await host.reconfigure('takes_good', settings()), { state: 'enabled' })
  t.match(await runOn(host, 'good', {}), { exitCode: 0 })
  t.match(await host.enable('good'), { state: 'failed', code: 'PLUGIN_COMMAND_TAKEN' })
})

test('a plugin moved elsewhere is torn down here and does not run there', async (t) => {
  const host = hostOf(t, { good: {} })
  await host.ready
  mkdirSync(join(host.dir, 'moved'))
  t.match(await host.reconfigure('good', settings({ use: './moved' })), {
    state: 'failed',
    code: 'PLUGIN_MANIFEST_INVALID',
  })
  t.equal(journalOf(host), 'setup hello\nteardown\n')
})

test('names the config does not have are not found', async (t) => {
  const host = hostOf(t, {})
  await t.rejects(host.enable('good'), { code: 'PLUGIN_NOT_FOUND' })
  await t.rejects(host.disable('good'), { code: 'PLUGIN_NOT_FOUND' })
  await t.rejects(host.check('good'), { code: 'PLUGIN_NOT_FOUND' })
})

test('a check says how the plugin stands, and what it says of itself', async (t) => {
  const host = hostOf(t, { good: {}, setup_throws: {}, stale: { enabled: false } })
  t.same(await host.check('good'), [{ name: 'greeting', ok: true, message: 'It says hello.' }])
  t.match(await host.check('setup_throws'), [{ name: 'load', ok: false, message: /disk is full/ }])
  t.same(await host.check('stale'), [])
  await host.reconfigure('good', greeting(''))
  t.match(await host.check('good'), [
    { name: 'load', ok: false },
    { name: 'greeting', ok: true },
  ])
})

test('a check that throws, hangs or returns anything is a failed check', async (t) => {
  const checks: (() => unknown)[] = [
    () => Promise.reject(new Error('broken')),
    () => new Promise(() => {}),
    () => [{ name: 'x' }],
    () => 'fine',
    () => Promise.reject(undefined),
  ]
  for (const check of checks) {
    const plugin = definePlugin({
      name: 'checked',
      commands: { checked: { description: 'x', schemas: { input: { type: 'object' } }, async handler() {} } },
      check: check as never,
    })
    const host = hostOfPlugin(t, plugin, {}, { hookTimeoutSeconds: 0.2 })
    t.match(await host.check('checked'), [{ ok: false, message: String }], String(check))
  }
})

test('a teardown that throws or hangs holds nothing up', async (t) => {
  for (const teardown of [() => Promise.reject(new Error('stuck')), () => new Promise<void>(() => {})]) {
    const plugin = definePlugin({
      name: 'sticky',
      commands: { sticky: { description: 'x', schemas: { input: { type: 'object' } }, async handler() {} } },
      teardown,
    })
    const host = hostOfPlugin(t, plugin, {}, { hookTimeoutSeconds: 0.2 })
    await host.ready
    t.match(await host.disable('sticky'), { state: 'disabled' })
    t.match(host.lines, [{ level: 'error', fields: { plugin: 'sticky' } }])
  }
})
