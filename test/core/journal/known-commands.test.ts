import { test } from 'tap'
import { systemClock } from '../../../core/journal/clock.ts'
import { realDisk } from '../../../core/journal/disk.ts'
import { prepareInput, prepareResult } from '../../../core/journal/prepared.ts'
import { Records } from '../../../core/journal/records.ts'
import { nextSession } from '../../../core/journal/session.ts'
import { openStore } from '../../../core/journal/store.ts'
import { record, result, testJournal } from './fixtures/journal.ts'

/** More than are known at once. */
const MANY = 1200

test('Commands that are under way in any number end as they should, the oldest first or last.', async (t) => {
  const journal = await testJournal(t, t.testdir())
  const ids = Array.from({ length: MANY }, (_, index) => `c${index}`)
  await Promise.all(ids.map((id) => journal.accept(record(id))))
  await Promise.all(ids.map((id) => journal.start(id, Date.now())))
  const mark = { pid: 1, startTime: '1', marker: 'm' }
  await Promise.all(ids.map((id) => journal.recordRun(id, mark)))
  const [older, newer] = [ids.slice(0, MANY / 2), ids.slice(MANY / 2)]
  await Promise.all([...newer, ...older].map((id) => journal.finish(id, result(id))))
  t.equal(journal.outboxSize, MANY)
  const waiting = (await journal.outbox()).map(({ command_id }) => command_id)
  t.strictSame(waiting, [...newer, ...older], 'in the order in which they ended')
  await Promise.all(ids.map((id) => journal.acknowledge(id)))
  t.equal(journal.outboxSize, 0)
  for (const id of ['c0', `c${MANY / 2}`, `c${MANY - 1}`]) {
    t.match(await journal.lookup(id), { state: 'acknowledged', digest: `sha256-of-${id}`, result: result(id) })
    t.match(await journal.entry(id), { startedAt: Number, finishedAt: Number, acknowledgedAt: Number })
  }
  t.equal((await journal.startsSince('shell', Date.now() - 60_000)).length, MANY, 'each start counts once')
})

test('A command that an earlier agent left is read and checked before its end is written.', async (t) => {
  const directory = t.testdir()
  const before = await testJournal(t, directory)
  await before.accept(record('left'))
  await before.close()
  const journal = await testJournal(t, directory)
  await journal.finish('left', result('left'))
  t.match(await journal.lookup('left'), { state: 'finished', result: result('left') })
  t.equal((await journal.startsSince('shell', Date.now() - 60_000)).length, 1, 'it may have run, so it counts')
})

test('A row that is gone when its command ends is damage, not a command that nobody knows.', async (t) => {
  const store = await openStore(t.testdir(), realDisk)
  t.teardown(() => store.close())
  const records = new Records(store, nextSession(store, systemClock))
  const taken = record('a')
  records.insert(
    taken,
    prepareInput(taken.request, (text) => text),
  )
  store.db.exec('DELETE FROM command')
  t.throws(() => records.start('a', 1), { code: 'JOURNAL_DAMAGED' })
  t.throws(() => records.finish('a', prepareResult('a', result('a'))), { code: 'JOURNAL_DAMAGED' })
})
