import { chmod, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { ensureAgentId, prepareDataDir } from '../../../core/config/index.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

t.test('a missing data folder is made, with those above it, for the agent’s user alone', async (t) => {
  const path = join(t.testdir(), 'a/b')
  await prepareDataDir(path)
  if (process.platform !== 'win32') t.equal((await stat(path)).mode & 0o777, 0o700)
  await prepareDataDir(path)
})

t.test('on Windows the folder that is made is for SYSTEM, Administrators and its owner alone', async (t) => {
  const path = join(t.testdir(), 'a/b')
  const calls: (readonly [string, readonly string[]])[] = []
  const call = async (program: string, args: readonly string[]) => void calls.push([program, args])
  await prepareDataDir(path, 'win32', call)
  await prepareDataDir(path, 'win32', call)
  const grants = ['*S-1-5-18:(OI)(CI)F', '*S-1-5-32-544:(OI)(CI)F', '*S-1-3-4:(OI)(CI)F']
  const icacls = 'C:\\Windows\\System32\\icacls.exe'
  t.same(calls, [[icacls, [path, '/inheritance:r', '/grant:r', ...grants]]], 'once, when it is made')
  const fails = async () => Promise.reject(new Error('Access is denied.'))
  await t.rejects(prepareDataDir(`${path}/c`, 'win32', fails), { code: 'DATA_DIR_UNUSABLE', message: /denied/ })
})

t.test('a data folder that is a file, or that everyone may write in, is refused', async (t) => {
  const folder = t.testdir({ file: '' })
  await t.rejects(prepareDataDir(join(folder, 'file')), { code: 'DATA_DIR_UNUSABLE' })
  await t.rejects(prepareDataDir(join(folder, 'file/below')), { code: 'DATA_DIR_UNUSABLE' })
  if (process.platform === 'win32') return
  await chmod(folder, 0o777)
  await t.rejects(prepareDataDir(folder), { code: 'DATA_DIR_UNUSABLE' })
})

t.test('the id is a UUID that is made once', async (t) => {
  const folder = t.testdir()
  const id = await ensureAgentId(folder)
  t.match(id, UUID)
  t.equal(await ensureAgentId(folder), id)
  t.same(await readdir(folder), ['agent-id'], 'nothing else is left')
})

t.test('agents that start at once agree on the id', async (t) => {
  const folder = t.testdir()
  const ids = await Promise.all(Array.from({ length: 20 }, () => ensureAgentId(folder)))
  t.equal(new Set(ids).size, 1)
})

t.test('an id that was damaged is not replaced, because the server would see another agent', async (t) => {
  for (const content of ['', 'two words', '\0\0\0\0', 'x'.repeat(129)]) {
    const folder = t.testdir()
    await writeFile(join(folder, 'agent-id'), content)
    await t.rejects(ensureAgentId(folder), { code: 'DATA_DIR_UNUSABLE' })
  }
})
