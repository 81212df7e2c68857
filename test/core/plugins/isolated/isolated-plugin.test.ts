import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { isolatedHostOf, type PartialIsolatedOptions, UNWITHHELD } from '../../../helpers/isolated-host.ts'
import { type PartialSettings, runOn, settings, type TestHost, typeOf } from '../../../helpers/plugin-host.ts'
import { processesWith } from '../../../helpers/processes.ts'
import { waitUntil } from '../../../helpers/wait-until.ts'

const GRANTS = { permissions: { programs: ['node'], ...UNWITHHELD } }
const journalOf = (host: TestHost) => readFileSync(join(host.dataDir, 'plugins/good/journal'), 'utf8')

function goodHost(t: Test, given: PartialSettings = {}, options: PartialIsolatedOptions = {}) {
  return isolatedHostOf(t, { good: { ...GRANTS, ...given } }, options)
}

test('a plugin from elsewhere runs in a process of its own', async (t) => {
  const host = goodHost(t)
  t.match(await runOn(host, 'good', { command: 'world' }), {
    exitCode: 0,
    stdout: 'hello world',
    data: { said: 'hello world' },
  })
  t.match(host.list(), [{ state: 'enabled', reason: null, shipped: false }])
})

test('its input is checked there, and defaults filled in', async (t) => {
  const host = goodHost(t)
  t.same(await typeOf(host, 'good').validate({ command: 'x' }), { input: { command: 'x', times: 1 } })
  t.match(await typeOf(host, 'good').validate({ command: 'x', tims: 2 }), {
    failure: { code: 'COMMAND_INPUT_INVALID', message: /`input\.tims`.*"times"/ },
  })
})

test('nothing is started before the first command', async (t) => {
  const host = goodHost(t)
  await host.ready
  t.match(host.list(), [{ state: 'enabled', reason: null, commands: [{ type: 'good' }, {}, {}] }])
  t.notOk(existsSync(join(host.dataDir, 'plugins/good/journal')), 'setup was not called')
  await runOn(host, 'good', { command: 'x' })
  t.equal(journalOf(host), 'setup hello\n')
})

test('commands that come at once share one process', async (t) => {
  const host = goodHost(t)
  const results = await Promise.all([1, 2, 3].map((n) => runOn(host, 'good', { command: String(n) })))
  t.same(
    results.map(({ stdout }) => stdout),
    ['hello 1', 'hello 2', 'hello 3'],
  )
  t.equal(journalOf(host), 'setup hello\n')
})

test('an idle process is torn down, and the next command starts one', async (t) => {
  const host = goodHost(t, { idleStopSeconds: 0.1 })
  await runOn(host, 'good', { command: 'x' })
  await waitUntil('it is torn down', () => journalOf(host).includes('teardown'))
  t.match(host.list(), [{ state: 'enabled', reason: null }])
  t.match(await runOn(host, 'good', { command: 'y' }), { stdout: 'hello y' })
  t.match(journalOf(host), /^setup hello\nteardown\nsetup hello\n/)
})

test('a process is not idle while a command runs', async (t) => {
  const host = goodHost(t, { idleStopSeconds: 0 })
  const running = Promise.withResolvers<void>()
  const ended = runOn(host, 'good_wait', {}, { onProgress: () => running.resolve() })
  await running.promise
  await new Promise((resolve) => setTimeout(resolve, 200))
  t.notMatch(journalOf(host), /teardown/)
  writeFileSync(join(host.dataDir, 'plugins/good/go'), '')
  t.match(await ended, { exitCode: 0 })
})

test('new settings start a new process; the running command ends in the old one', async (t) => {
  const host = goodHost(t)
  const running = Promise.withResolvers<void>()
  const ended = runOn(host, 'good_wait', {}, { onProgress: () => running.resolve() })
  await running.promise
  const use = host.folderOf('good')
  t.match(await host.reconfigure('good', settings({ ...GRANTS, use, config: { greeting: 'ciao' } })), { reason: null })
  t.match(await runOn(host, 'good', { command: 'x' }), { stdout: 'ciao x' })
  writeFileSync(join(host.dataDir, 'plugins/good/go'), '')
  t.match(await ended, { exitCode: 0, stdout: 'hello' })
  await waitUntil('the old one is torn down', () => journalOf(host).endsWith('teardown\n'))
  t.match(await runOn(host, 'good', { command: 'x' }), { stdout: 'ciao x' })
})

test('settings that do not hold leave the last good ones in force', async (t) => {
  const host = goodHost(t)
  await runOn(host, 'good', { command: 'x' })
  const use = host.folderOf('good')
  for (const [config, code] of [
    [{ greeting: 'fail' }, 'PLUGIN_SETUP_FAILED'],
    [{ greeting: 7 }, 'PLUGIN_CONFIG_INVALID'],
  ] as const) {
    t.match(await host.reconfigure('good', settings({ ...GRANTS, use, config })), { state: 'enabled', code })
    t.match(await runOn(host, 'good', { command: 'x' }), { stdout: 'hello x' })
  }
})

test('a config that does not fit is found by the first command, and at once by whoever enables the plugin', async (t) => {
  const host = goodHost(t, { config: { greeting: 7 } })
  await host.ready
  t.match(host.list(), [{ state: 'enabled', reason: null }])
  t.match(await runOn(host, 'good', { command: 'x' }), { exitCode: -1, failure: { code: 'PLUGIN_UNAVAILABLE' } })
  t.match(host.list(), [
    { state: 'failed', code: 'PLUGIN_CONFIG_INVALID', reason: /`plugins\.good\.config\.greeting`/ },
  ])
  await host.disable('good')
  t.match(await host.enable('good'), { state: 'failed', code: 'PLUGIN_CONFIG_INVALID' })
})

test('code that differs from its manifest is not used', async (t) => {
  const host = isolatedHostOf(t, { stale: {}, throws_on_import: {}, no_plugin: {} })
  for (const [name, code] of [
    ['stale', 'PLUGIN_MANIFEST_STALE'],
    ['throws_on_import', 'PLUGIN_LOAD_FAILED'],
    ['no_plugin', 'PLUGIN_LOAD_FAILED'],
  ] as const) {
    t.match(await runOn(host, name, {}), { exitCode: -1, failure: { code: 'PLUGIN_UNAVAILABLE' } })
    t.match(
      host.list().find((status) => status.name === name),
      { state: 'failed', code },
    )
  }
})

test('secrets are read by the host, for names that the schema gives out as such', async (t) => {
  const host = goodHost(t, { config: { tokenFile: './token' } })
  writeFileSync(join(host.dir, 'token'), 'correct horse\n', { mode: 0o600 })
  t.match(await runOn(host, 'good_secret', {}), { exitCode: 0, stdout: '13 ***' })
  t.match(await runOn(host, 'good_secret', {}, { elevated: true }), { exitCode: 1, failure: { code: 'GOOD_ELEVATED' } })
})

test('disabled, it takes no commands, and its process ends', async (t) => {
  const host = goodHost(t)
  await runOn(host, 'good', { command: 'x' })
  t.match(await host.disable('good'), { state: 'disabled' })
  t.match(journalOf(host), /teardown\n$/)
  t.same(await processesWith(host.folderOf('good')), [])
})

test('its own checks are asked for, and start it', async (t) => {
  const host = goodHost(t)
  t.match(await host.check('good'), [{ name: 'greeting', ok: true, message: 'It says hello.' }])
})

test('its log lines are written by the host', async (t) => {
  const host = goodHost(t)
  await runOn(host, 'good', { command: 'x' })
  await host.disable('good')
  t.ok(host.lines.some((line) => line.message === 'context over' && line.fields.plugin === 'good'))
})
