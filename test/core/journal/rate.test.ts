import { test } from 'tap'
import { manualClock, record, result, testJournal } from './fixtures/journal.ts'

const HOUR = 3_600_000

test('Rate windows survive a restart, and no jump of the clock empties them.', async (t) => {
  const directory = t.testdir()
  const clock = manualClock()
  const first = await testJournal(t, directory, { clock })
  const starts = async (journal: typeof first) => (await journal.startsSince('shell', clock.now() - HOUR)).length
  for (const id of ['a', 'b']) {
    await first.accept(record(id))
    await first.start(id, clock.now())
    clock.pass(20 * 60_000)
  }
  t.equal(await starts(first), 2)
  clock.jump(30 * 24 * HOUR)
  t.equal(await starts(first), 2, 'a jump ahead')
  clock.jump(-60 * 24 * HOUR)
  t.equal(await starts(first), 2, 'a jump back')
  await first.close()

  const second = await testJournal(t, directory, { clock })
  t.equal(await starts(second), 2, 'still back after a restart: counted as if just started')
  clock.pass(50 * 60_000)
  t.equal(await starts(second), 1, 'the first is older than an hour by the clock that never jumps')
  clock.pass(HOUR)
  t.equal(await starts(second), 0, 'and it ends')
})

test('A command that a dead process may have started counts for rate limits.', async (t) => {
  const directory = t.testdir()
  const first = await testJournal(t, directory)
  await first.accept(record('a'))
  await first.close()
  const second = await testJournal(t, directory)
  await second.finish('a', result('a', { exit_code: -1 }))
  await second.accept(record('cancelled'))
  await second.finish('cancelled', result('cancelled', { exit_code: -1 }))
  t.equal((await second.startsSince('shell', Date.now() - HOUR)).length, 1)
})
