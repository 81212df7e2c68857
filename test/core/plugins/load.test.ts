import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { fixtureFolders, hostOf, type PartialSettings, refusalOf, runOn, settings } from '../../helpers/plugin-host.ts'

/** Loads fixtures and expects the one named to fail with the code, and `good` beside it to work. */
async function fails(t: Test, name: string, code: string, message: RegExp, given: PartialSettings = {}, type = name) {
  const host = hostOf(t, { [name]: given, good: {} }, { hookTimeoutSeconds: 1 })
  await host.ready
  const status = host.list().find((plugin) => plugin.name === name)
  t.match(status, { state: 'failed', code, reason: message })
  t.match(status?.reason, name, 'the sentence names the plugin')
  t.match(host.lines, [{ level: 'error', fields: { plugin: name, code } }])
  if (type !== '') t.equal(refusalOf(host, type), 'PLUGIN_UNAVAILABLE')
  t.match(await runOn(host, 'good', { command: 'there' }), { exitCode: 0, stdout: 'hello there' })
}

test('a good plugin loads, and tells what it brings', async (t) => {
  const host = hostOf(t, { good: {} })
  t.match(host.list(), [{ name: 'good', state: 'enabled', version: '1.2.3', shipped: true }], 'known at once')
  await host.ready
  t.match(host.list(), [
    {
      state: 'enabled',
      reason: null,
      code: null,
      folder: fixtureFolders.good,
      permissions: { programs: ['node'] },
      commands: [
        {
          type: 'good',
          schemaDigest: /^sha256-[0-9a-f]{64}$/,
          timeoutSeconds: 30,
          limits: { concurrent: 2, queued: 0 },
        },
        { type: 'good_wait', timeoutSeconds: null, limits: {}, elevation: false, afterCrash: 'interrupt' },
        { type: 'good_secret', elevation: true },
      ],
    },
  ])
})

test('a plugin that is not shipped is not found, and the nearest name is told', (t) =>
  fails(t, 'goood', 'PLUGIN_NOT_FOUND', /"good"\?/, {}, ''))

test('a folder that does not exist is not found', (t) =>
  fails(t, 'elsewhere', 'PLUGIN_NOT_FOUND', /nowhere/, { use: './nowhere' }, ''))

test('a package that does not exist is not found', (t) =>
  fails(t, 'elsewhere', 'PLUGIN_NOT_FOUND', /gururmm-plugin-none/, { use: 'gururmm-plugin-none' }, ''))

test('a command of a plugin of which nothing could be read is told so, as far as the config lets one expect it there', async (t) => {
  const host = hostOf(t, {
    elsewhere: { use: './nowhere', limits: { '*': {}, acme_disks: { concurrent: 1 } } },
    good: {},
  })
  await host.ready
  for (const type of ['elsewhere', 'acme_disks'])
    t.match(host.registry.find(type), { failure: { code: 'PLUGIN_UNAVAILABLE', message: /elsewhere .*nowhere/ } }, type)
  for (const type of ['acme_other', '*'])
    t.match(host.registry.find(type), { failure: { code: 'COMMAND_TYPE_UNKNOWN', message: /one of elsewhere/ } }, type)
})

test('a manifest that is missing, no JSON or enormous is not valid', async (t) => {
  const dir = t.testdir({
    empty: {},
    broken: { 'gururmm.plugin.json': '{ "apiVersion": 1,' },
    enormous: { 'gururmm.plugin.json': ' '.repeat(1_100_000) },
    nothing: { 'gururmm.plugin.json': 'null' },
  })
  const names = ['empty', 'broken', 'enormous', 'nothing']
  const shippedFolders = Object.fromEntries(names.map((name) => [name, join(dir, name)]))
  const host = hostOf(t, Object.fromEntries(names.map((name) => [name, {}])), { shippedFolders })
  await host.ready
  for (const status of host.list()) t.match(status, { state: 'failed', code: 'PLUGIN_MANIFEST_INVALID' }, status.name)
})

test('a manifest of another contract says which side to upgrade, before its shape is looked at', (t) =>
  fails(t, 'wrong_api', 'PLUGIN_API_VERSION', /version 2 .* upgrade the agent/, {}, ''))

test('a manifest of another shape is not valid', (t) =>
  fails(t, 'shapeless', 'PLUGIN_MANIFEST_INVALID', /`commands`/, {}, ''))

test('a plugin under another name than its own is not loaded', (t) =>
  fails(t, 'misnamed', 'PLUGIN_MANIFEST_INVALID', /"well_named"/, {}, 'well_named'))

test('a plugin that asks for more than is granted is not loaded', async (t) => {
  const all = { read: ['/etc'], programs: ['lsblk', 'sh'], network: true, environment: ['LANG'] }
  const lacking: [object, RegExp][] = [
    [{}, /network/],
    [{ ...all, network: false }, /network/],
    [{ ...all, programs: ['lsblk'] }, /`programs` "sh"/],
    [{ ...all, environment: [] }, /`environment` "LANG"/],
    [{ ...all, read: ['/etc/ssl'] }, /`read` "\/etc"/],
  ]
  for (const [permissions, message] of lacking) {
    await t.test(JSON.stringify(permissions), (t) =>
      fails(t, 'asks_too_much', 'PLUGIN_PERMISSION_MISSING', message, { permissions }),
    )
  }
  const host = hostOf(t, { asks_too_much: { permissions: { ...all, read: ['/'] } } })
  await host.ready
  t.match(host.list(), [{ state: 'enabled' }])
})

test('a config that does not fit names the key', async (t) => {
  const host = hostOf(t, { good: { config: { greting: 'hi' } } })
  await host.ready
  t.match(host.list(), [
    { state: 'failed', code: 'PLUGIN_CONFIG_INVALID', reason: /`plugins\.good\.config\.greting`.*"greeting"/ },
  ])
})

test('a command type that another plugin has is taken; the first in the config keeps it', async (t) => {
  const host = hostOf(t, { good: {}, takes_good: {} })
  await host.ready
  t.match(host.list(), [{ state: 'enabled' }, { state: 'failed', code: 'PLUGIN_COMMAND_TAKEN', reason: /plugin good/ }])
  const other = hostOf(t, { takes_good: {}, good: {} })
  await other.ready
  t.match(other.list(), [{ state: 'enabled' }, { state: 'failed', code: 'PLUGIN_COMMAND_TAKEN' }])
})

test('a plugin from elsewhere never runs in this process, not even a copy of a shipped one', async (t) => {
  const dir = t.testdir({})
  cpSync(fixtureFolders.good as string, join(dir, 'copy'), { recursive: true })
  writeFileSync(join(dir, 'copy/index.js'), `globalThis.copyRan = true; throw new Error('imported')`)
  const host = hostOf(t, { good: { use: './copy', permissions: { programs: ['node'] } } }, { configDir: dir })
  await host.ready
  t.match(host.list(), [{ state: 'failed', code: 'ISOLATION_UNAVAILABLE', shipped: false }])
  t.equal((globalThis as { copyRan?: boolean }).copyRan, undefined)
})

test('a plugin from elsewhere has no permission that was not granted', async (t) => {
  const dir = t.testdir({})
  cpSync(fixtureFolders.good as string, join(dir, 'copy'), { recursive: true })
  const host = hostOf(t, { good: { use: './copy' } }, { configDir: dir })
  await host.ready
  t.match(host.list(), [{ state: 'failed', code: 'PLUGIN_PERMISSION_MISSING' }])
})

test('a plugin installed as a package is found beside the config', async (t) => {
  const dir = t.testdir({ node_modules: {} })
  cpSync(fixtureFolders.stale as string, join(dir, 'node_modules/acme-plugin'), { recursive: true })
  const host = hostOf(t, { stale: { use: 'acme-plugin' } }, { configDir: dir })
  await host.ready
  t.match(host.list(), [{ code: 'ISOLATION_UNAVAILABLE', folder: join(dir, 'node_modules/acme-plugin') }])
})

test('code that throws on import is told with its cause', (t) =>
  fails(t, 'throws_on_import', 'PLUGIN_LOAD_FAILED', /a library is missing/))

test('a default export that is no plugin is told with what is missing', (t) =>
  fails(t, 'no_plugin', 'PLUGIN_LOAD_FAILED', /`commands`/))

test('a manifest that differs from the code names the place', (t) =>
  fails(t, 'stale', 'PLUGIN_MANIFEST_STALE', /`commands\.stale\.timeoutSeconds`/))

test('a setup that throws is told with its cause, and the plugin is torn down', async (t) => {
  await fails(t, 'setup_throws', 'PLUGIN_SETUP_FAILED', /the disk is full/)
  t.equal((globalThis as { setupThrowsTornDown?: boolean }).setupThrowsTornDown, true)
})

test('a setup that hangs is given up, and the likely cause is told', (t) =>
  fails(t, 'setup_hangs', 'PLUGIN_SETUP_FAILED', /waits for a network/))

test('a plugin that is switched off is not loaded, but what it brings is known', async (t) => {
  const host = hostOf(t, { setup_throws: { enabled: false }, stale: { enabled: false }, wrong_api: { enabled: false } })
  await host.ready
  t.match(host.list(), [
    { state: 'disabled', commands: [{ type: 'setup_throws' }] },
    { state: 'disabled', commands: [{ type: 'stale' }] },
    { state: 'disabled', commands: [] },
  ])
  t.equal(refusalOf(host, 'stale'), 'PLUGIN_DISABLED')
  t.same(host.lines, [])
})

test('a failed plugin that was mended is loaded on the next try', async (t) => {
  const host = hostOf(t, { good: { config: { greeting: '' } } })
  await host.ready
  t.match(host.list(), [{ state: 'failed' }])
  t.match(await host.reconfigure('good', settings()), { state: 'enabled', reason: null })
})
