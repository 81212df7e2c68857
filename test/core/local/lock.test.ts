import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t, { type Test } from 'tap'
import { lockDataDir } from '../../../core/local/index.ts'
import { COMPILE_CACHE, UNBUILT } from '../../helpers/unbuilt.ts'

const HOLDER = join(import.meta.dirname, 'fixtures/hold-lock.ts')

/** Another process that holds the folder's lock. */
async function holder(t: Test, folder: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [...UNBUILT, HOLDER, folder], {
    env: { ...process.env, ...COMPILE_CACHE },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  for await (const line of createInterface({ input: child.stdout })) if (line === 'locked') break
  return child
}

t.test('a data folder has one holder at a time, and is free again once released', async (t) => {
  const folder = t.testdir()
  const lock = await lockDataDir(folder)
  await t.rejects(lockDataDir(folder), { code: 'AGENT_LOCKED' })
  await lock.release()
  await lock.release()
  const again = await lockDataDir(folder)
  await again.release()
  t.same(await readdir(folder), ['agent.lock'], 'nothing else is left')
})

t.test('the lock holds between processes, and the error names the holder', async (t) => {
  const folder = t.testdir()
  const child = await holder(t, folder)
  await t.rejects(lockDataDir(folder), { code: 'AGENT_LOCKED', message: new RegExp(`process ${child.pid}\\b`) })
})

t.test('a killed holder’s lock is free at once', async (t) => {
  const folder = t.testdir()
  const child = await holder(t, folder)
  child.kill('SIGKILL')
  await once(child, 'exit')
  const lock = await lockDataDir(folder)
  await lock.release()
})

t.test('a folder that cannot hold a lock is told apart from a locked one', async (t) => {
  await t.rejects(lockDataDir(join(t.testdir(), 'missing')), { code: 'DATA_DIR_UNUSABLE' })
})
