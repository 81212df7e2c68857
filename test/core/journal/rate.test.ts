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

test('A start that was refused by its handler does not count, also after a restart.', async (t) => {
  const directory = t.testdir()
  const first = await testJournal(t, directory)
  for (const id of ['ran', 'refused']) {
    await first.accept(record(id))
    await first.start(id, Date.now())
    await first.finish(id, result(id, { exit_code: -1 }), id === 'ran')
  }
  const starts = async (journal: typeof first) => (await journal.startsSince('shell', Date.now() - HOUR)).length
  t.equal(await starts(first), 1)
  await first.close()
  t.equal(await starts(await testJournal(t, directory)), 1)
})

test('Starts are told of one user or role, and of those who named none.', async (t) => {
  const journal = await testJournal(t, t.testdir())
  const asked: [string, string | null, string | null][] = [
    ['a', 'ada', 'technician'],
    ['b', 'bob', 'technician'],
    ['c', null, null],
    ['d', 'ada', null],
  ]
  for (const [id, user, role] of asked) {
    await journal.accept(record(id, { requester: { user, role } }))
    await journal.start(id, Date.now())
  }
  const starts = async (by?: Parameters<typeof journal.startsSince>[2]) =>
    (await journal.startsSince('shell', Date.now() - HOUR, by)).length
  t.equal(await starts(), 4)
  t.equal(await starts({ user: 'ada' }), 2)
  t.equal(await starts({ user: null }), 1)
  t.equal(await starts({ role: 'technician' }), 2)
  t.equal(await starts({ role: 'nobody' }), 0)
})

test('What was used survives a restart, and the result that told it.', async (t) => {
  const directory = t.testdir()
  const clock = manualClock()
  const first = await testJournal(t, directory, { clock })
  const used = async (journal: typeof first, key = 'costUsd', by = {}) =>
    (await journal.usageSince('shell', key, clock.now() - HOUR, by)).map(({ value }) => value)
  const usages: [string, string, Record<string, number> | undefined][] = [
    ['a', 'ada', { costUsd: 0.25, tokens: 7 }],
    ['b', 'bob', { costUsd: 0.5 }],
    ['c', 'ada', undefined],
  ]
  for (const [id, user, usage] of usages) {
    await first.accept(record(id, { requester: { user, role: null } }))
    await first.start(id, clock.now())
    await first.finish(id, result(id, { ...(usage && { usage }) }))
    await first.acknowledge(id)
    clock.pass(60_000)
  }
  t.same(await used(first), [0.25, 0.5])
  t.same(await used(first, 'tokens'), [7])
  t.same(await used(first, 'toString'), [])
  await first.close()
  const second = await testJournal(t, directory, { clock, limits: { resultDays: 1 / 24 / 60 } })
  await second.maintain()
  t.equal((await second.lookup('a'))?.result ?? null, null, 'only the tombstone is left')
  t.same(await used(second, 'costUsd', { user: 'ada' }), [0.25])
  clock.pass(HOUR)
  t.same(await used(second), [])
})
