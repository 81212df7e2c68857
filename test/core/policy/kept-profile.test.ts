import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { keepProfile, PROFILE_FILE, readKeptProfile } from '../../../core/policy/index.ts'

const profile = { revision: 7, plugins: { shell: { enabled: false as const } } }
const RECEIVED = '2026-01-21T17:00:00.000Z'

t.test('what was kept is read back, and belongs to the agent’s user alone', async (t) => {
  const dir = t.testdir()
  t.same(await readKeptProfile(dir), { state: 'none' })
  await keepProfile(dir, 'clinic', RECEIVED, profile)
  t.same(await readKeptProfile(dir), { state: 'kept', site: 'clinic', receivedAt: RECEIVED, profile })
  t.same(readdirSync(dir), [PROFILE_FILE], 'no draft is left')
  if (process.platform !== 'win32') t.equal(statSync(join(dir, PROFILE_FILE)).mode & 0o777, 0o600)
})

t.test('no damage to a byte passes for a profile that takes away less', async (t) => {
  const dir = t.testdir()
  const file = join(dir, PROFILE_FILE)
  await keepProfile(dir, 'clinic', RECEIVED, profile)
  const whole = readFileSync(file)
  const good = await readKeptProfile(dir)
  for (let at = 0; at < whole.length; at++) {
    const bytes = Buffer.from(whole)
    bytes.writeUInt8((whole[at] as number) ^ 0x01, at)
    writeFileSync(file, bytes)
    const read = await readKeptProfile(dir)
    if (read.state === 'kept') t.same(read, good, `byte ${at}`)
    else t.equal(read.state, 'damaged', `byte ${at}`)
  }
  for (const length of [0, 1, whole.length >> 1]) {
    writeFileSync(file, whole.subarray(0, length))
    t.match(await readKeptProfile(dir), { state: 'damaged' }, `${length} bytes of it`)
  }
})

t.test('something else in its place is damage, and a failed write leaves the one before', async (t) => {
  const dir = t.testdir()
  mkdirSync(join(dir, PROFILE_FILE))
  t.match(await readKeptProfile(dir), { state: 'damaged', reason: /EISDIR|EPERM/ })
  await t.rejects(keepProfile(dir, 'clinic', RECEIVED, profile))
  t.same(readdirSync(dir), [PROFILE_FILE])
})
