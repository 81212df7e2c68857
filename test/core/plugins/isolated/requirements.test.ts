import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { test } from 'tap'
import { isolatedHostOf, type PartialIsolatedOptions } from '../../../helpers/isolated-host.ts'
import { type PartialSettings, runOn } from '../../../helpers/plugin-host.ts'

const GRANTS = { permissions: { programs: ['node'] } }
const isRoot = process.geteuid?.() === 0

async function refusal(t: Test, settings: PartialSettings, isolation: PartialIsolatedOptions['isolation']) {
  const host = isolatedHostOf(t, { good: { ...GRANTS, ...settings } }, { isolation: isolation ?? {} })
  await host.ready
  const [status] = host.list()
  t.match(status, { state: 'failed', code: 'ISOLATION_UNAVAILABLE' })
  t.match(host.registry.find('good'), { failure: { code: 'PLUGIN_UNAVAILABLE' } })
  return status?.reason
}

test('where the runtime cannot withhold the network, a plugin without that permission is refused', async (t) => {
  const node = { path: process.execPath, version: '22.18.0' }
  const permissions = { programs: ['node'], network: false }
  t.match(await refusal(t, { permissions }, { node }), /Node\.js 26 or newer, and this is 22\.18\.0/)
})

test('a sandbox needs bubblewrap', async (t) => {
  const environment = { PATH: '/nonexistent:relative' }
  t.match(await refusal(t, { isolation: 'sandbox' }, { environment }), /no `bwrap` on the PATH|Linux only/)
})

test('an agent that is root needs an account for plugins', { skip: !isRoot && 'this is not root' }, async (t) => {
  t.match(await refusal(t, {}, { account: null }), /`agent\.pluginUser`/)
})

test('a folder that the account may not enter is named', { skip: !isRoot && 'this is not root' }, async (t) => {
  const host = isolatedHostOf(t, { good: GRANTS })
  const above = dirname(host.folderOf('good'))
  chmodSync(above, 0o700)
  t.match(await runOn(host, 'good', { command: 'x' }), { failure: { code: 'PLUGIN_UNAVAILABLE' } })
  const [status] = host.list()
  t.match(status, { state: 'failed', code: 'ISOLATION_UNAVAILABLE' })
  t.match(status?.reason, `nobody, who may not enter ${above};`)
})

test('without isolation, a plugin from elsewhere is refused', async (t) => {
  const { hostOf } = await import('../../../helpers/plugin-host.ts')
  const fixture = join(import.meta.dirname, '../../../fixtures/plugins/good')
  const host = hostOf(t, { good: { ...GRANTS, use: fixture } })
  await host.ready
  t.match(host.list(), [{ state: 'failed', code: 'ISOLATION_UNAVAILABLE' }])
})

test('a manifest nested without end is refused', async (t) => {
  const host = isolatedHostOf(t, { good: GRANTS })
  const file = join(host.folderOf('good'), 'gururmm.plugin.json')
  const deep = `${'{"type":"object","not":'.repeat(20_000)}{}${'}'.repeat(20_000)}`
  writeFileSync(file, readFileSync(file, 'utf8').replace(/"input": \{/, `"input": { "not": ${deep},`))
  await host.disable('good')
  t.match(await host.enable('good'), { state: 'failed', code: 'PLUGIN_MANIFEST_INVALID' })
  t.match(host.list(), [{ state: 'failed' }])
})
