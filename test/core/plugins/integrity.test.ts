import { execFileSync } from 'node:child_process'
import { appendFileSync, cpSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'tap'
import { digestOfFiles, digestOfFolder, readDigestOfFolder } from '../../../core/plugins/integrity.ts'
import { isolatedHostOf } from '../../helpers/isolated-host.ts'
import { fixtureFolders, hostOf, refusalOf, runOn, settings } from '../../helpers/plugin-host.ts'

const NO_DIGEST = `sha256-${'0'.repeat(64)}`

test('the digest is the one that sha256sum tells, whatever the order on the disk', async (t) => {
  const folder = t.testdir({ 'b.js': 'b', a: { 'z.js': '', 'ä.js': 'x' }, 'a-b.js': 'y', '.hidden': 'h' })
  const told = execFileSync(
    'sh',
    ['-c', 'find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum'],
    { cwd: folder, encoding: 'utf8' },
  )
  const digest = digestOfFolder(folder)
  t.equal(digest, `sha256-${told.slice(0, 64)}`)
  t.equal(await readDigestOfFolder(folder), digest)
  const names = ['b.js', 'a/z.js', 'a/ä.js', 'a-b.js', '.hidden']
  t.equal(digestOfFiles(new Map(names.map((name) => [name, readFileSync(join(folder, name))]))), digest)
})

test('content, names and new files change the digest; links and odd names have none', async (t) => {
  const folder = t.testdir({ 'a.js': 'a', b: {} })
  const digests = new Set([digestOfFolder(folder)])
  for (const change of [
    () => appendFileSync(join(folder, 'a.js'), ' '),
    () => writeFileSync(join(folder, 'b', 'c'), ''),
    () => cpSync(join(folder, 'a.js'), join(folder, 'd.js')),
    () => unlinkSync(join(folder, 'a.js')),
  ]) {
    change()
    digests.add(digestOfFolder(folder))
  }
  t.equal(digests.size, 5)
  symlinkSync('/etc/passwd', join(folder, 'b', 'link'))
  t.throws(() => digestOfFolder(folder), /b\/link is a link/)
  await t.rejects(readDigestOfFolder(folder), /b\/link is a link/)
  unlinkSync(join(folder, 'b', 'link'))
  writeFileSync(join(folder, 'line\nend'), '')
  t.throws(() => digestOfFolder(folder), /control character/)
})

test('a plugin whose files are not the pinned ones does not load, and others do', async (t) => {
  const folder = t.testdir({})
  cpSync(fixtureFolders.good as string, folder, { recursive: true })
  const shippedFolders = { ...fixtureFolders, good: folder }
  const integrity = digestOfFolder(folder)
  const host = hostOf(t, { good: { integrity }, programs: { integrity: NO_DIGEST } }, { shippedFolders })
  await host.ready
  t.match(host.list(), [
    { name: 'good', state: 'enabled', reason: null },
    { name: 'programs', state: 'failed', code: 'PLUGIN_INTEGRITY_MISMATCH', version: null, commands: [] },
  ])
  t.match(host.list()[1]?.reason, 'plugin pin programs')
  t.equal(refusalOf(host, 'programs'), 'PLUGIN_UNAVAILABLE')

  appendFileSync(join(folder, 'index.js'), '\n')
  await host.disable('good')
  t.match(await host.enable('good'), { state: 'failed', code: 'PLUGIN_INTEGRITY_MISMATCH' })
})

test('nothing of the manifest is believed before the digest holds', async (t) => {
  const folder = t.testdir({ 'gururmm.plugin.json': '{ "apiVersion": 99 }' })
  const host = hostOf(t, { fake: { integrity: NO_DIGEST } }, { shippedFolders: { fake: folder } })
  await host.ready
  t.match(host.list(), [{ code: 'PLUGIN_INTEGRITY_MISMATCH' }])
})

test('an isolated plugin is compared again before each start of its process', async (t) => {
  const host = isolatedHostOf(t, { good: {} })
  const use = host.folderOf('good')
  const integrity = digestOfFolder(use)
  const given = settings({ use, integrity, idleStopSeconds: 0, permissions: { programs: ['node'], network: true } })
  t.match(await host.reconfigure('good', given), { state: 'enabled', reason: null })
  t.match(await runOn(host, 'good', { command: 'one' }), { exitCode: 0 })

  writeFileSync(join(use, 'more.js'), '')
  let failed = await runOn(host, 'good', { command: 'two' })
  // The process that is there serves on until it was idle
  while (failed.exitCode === 0) {
    await delay(50)
    failed = await runOn(host, 'good', { command: 'two' })
  }
  t.match(failed.failure, { code: 'PLUGIN_UNAVAILABLE', message: /not those that were pinned/ })
  t.match(host.list(), [{ state: 'failed', code: 'PLUGIN_INTEGRITY_MISMATCH' }])
})

test('a pin that does not hold ends a plugin that served without one', async (t) => {
  const host = hostOf(t, { good: {} })
  await host.ready
  t.match(await host.reconfigure('good', settings({ integrity: NO_DIGEST })), {
    state: 'failed',
    code: 'PLUGIN_INTEGRITY_MISMATCH',
  })
  t.match(await host.reconfigure('good', settings()), { state: 'enabled', reason: null })
})
