import { cpSync, mkdirSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { run, testJournal } from './fixtures/journal.ts'

test('A log that is gone from a journal that was not closed is told; after a proper end there is none to miss.', async (t) => {
  const directory = join(t.testdir(), 'open')
  const dead = join(t.testdir(), 'dead')
  mkdirSync(directory, { recursive: true })
  const first = await testJournal(t, directory)
  await run(first, 'checkpointed')
  await first.close()
  const second = await testJournal(t, directory)
  t.equal(second.health().damage, null)
  await run(second, 'in-the-log')
  cpSync(directory, dead, { recursive: true })
  await second.close()
  unlinkSync(join(dead, 'journal.db-wal'))
  const third = await testJournal(t, dead)
  t.match(third.health(), { available: true, damage: { reason: /log/ } })
  t.match(await third.lookup('checkpointed'), { state: 'finished' })
})
