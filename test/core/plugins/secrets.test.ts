import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { readSecret } from '../../../core/plugins/secrets.ts'
import { Redactor } from '../../../core/redaction/index.ts'
import { hostOf, runOn } from '../../helpers/plugin-host.ts'

const onUnix = process.platform === 'win32' ? { skip: 'files have no mode here' } : {}

test('a secret is read from the file that the config names, and masked from then on', async (t) => {
  const host = hostOf(t, { good: { config: { tokenFile: './token' } } })
  writeFileSync(join(host.dir, 'token'), 'first-secret\n', { mode: 0o600 })
  t.match(await runOn(host, 'good_secret', {}), { exitCode: 0, stdout: '12 ***' })
  writeFileSync(join(host.dir, 'token'), 'second-secret\r\n', { mode: 0o600 })
  t.match(await runOn(host, 'good_secret', {}), { exitCode: 0, stdout: '13 ***' }, 'read anew each time')
})

test('a secret that the config does not name is unavailable', async (t) => {
  const host = hostOf(t, { good: {} })
  t.match(await runOn(host, 'good_secret', {}), { exitCode: -1, failure: { code: 'SECRET_UNAVAILABLE' } })
})

test('only an owner-only regular file of reasonable size is a secret', onUnix, async (t) => {
  const dir = t.testdir({})
  const file = join(dir, 'secret')
  const refuses = (what: string) =>
    t.rejects(
      readSecret(file, 'plugins.x.config.y', new Redactor()),
      { code: 'SECRET_UNAVAILABLE', refused: true },
      what,
    )
  await refuses('missing')
  writeFileSync(file, 'a-secret', { mode: 0o600 })
  for (const mode of [0o640, 0o604, 0o660, 0o601]) {
    chmodSync(file, mode)
    await refuses(`mode ${mode.toString(8)}`)
  }
  chmodSync(file, 0o400)
  t.equal(await readSecret(file, 'y', new Redactor()), 'a-secret')
  chmodSync(file, 0o600)
  writeFileSync(file, '\n')
  await refuses('empty')
  writeFileSync(file, 'x'.repeat(70_000))
  await refuses('too large')
})

test('a folder or a named pipe in its place is refused, and not waited for', onUnix, async (t) => {
  const dir = t.testdir({})
  mkdirSync(join(dir, 'folder'), { mode: 0o700 })
  execFileSync('mkfifo', ['-m', '600', join(dir, 'pipe')])
  for (const name of ['folder', 'pipe']) {
    await t.rejects(readSecret(join(dir, name), 'y', new Redactor()), { code: 'SECRET_UNAVAILABLE' }, name)
  }
})

test('no sentence about a secret names its file', async (t) => {
  const error = await readSecret('/nowhere/at-all', 'plugins.x.config.y', new Redactor()).catch((e: Error) => e)
  t.notMatch((error as Error).message, /nowhere/)
})
