import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'tap'
import type { JournalHealth } from '../../core/journal/contract.ts'
import { record, result, run, testJournal, troubledDisk } from '../core/journal/fixtures/journal.ts'
import { waitUntil } from '../helpers/wait-until.ts'

test('A failed sync refuses what it was for, says why, and takes it back once the disk works.', async (t) => {
  const directory = t.testdir()
  const trouble = troubledDisk()
  const seen: JournalHealth[] = []
  const journal = await testJournal(t, directory, { onHealth: (health) => seen.push(health) }, trouble.disk)
  await run(journal, 'before')
  trouble.fail('EIO')
  await t.rejects(journal.accept(record('a')), { code: 'JOURNAL_UNAVAILABLE' })
  t.match(journal.health(), { available: false, reason: /EIO/, since: Number })
  await t.rejects(journal.accept(record('b')), { code: 'JOURNAL_UNAVAILABLE' })
  trouble.mend()
  await waitUntil('the journal recovers by itself', () => journal.health().available)
  t.equal(await journal.lookup('a'), undefined, 'its sender was told that it is not recorded')
  t.match(await journal.lookup('before'), { state: 'finished' })
  await run(journal, 'a')
  t.strictSame(
    seen.map(({ available }) => available),
    [true, false, true],
  )
})

test('What has happened while the disk failed is made up for, in memory at once and on the disk later.', async (t) => {
  const directory = t.testdir()
  const trouble = troubledDisk()
  const journal = await testJournal(t, directory, {}, trouble.disk)
  for (const id of ['a', 'b', 'sent']) await journal.accept(record(id))
  await journal.finish('sent', result('sent'))
  trouble.fail('EIO')
  await journal.start('a', 1).catch(() => {})
  await t.rejects(journal.finish('a', result('a')), { code: 'JOURNAL_UNAVAILABLE' })
  await t.rejects(journal.acknowledge('sent'), { code: 'JOURNAL_UNAVAILABLE' })
  await t.rejects(journal.refuse(record('c'), result('c', { exit_code: -1 })), { code: 'JOURNAL_UNAVAILABLE' })
  t.match(await journal.lookup('a'), { state: 'finished', result: result('a') })
  t.match(await journal.lookup('c'), { state: 'finished', digest: 'sha256-of-c', result: { exit_code: -1 } })
  trouble.mend()
  await waitUntil('the journal recovers by itself', () => journal.health().available)
  t.strictSame(
    (await journal.outbox()).map((waiting) => waiting.command_id),
    ['a', 'c'],
  )
  await journal.finish('b', result('b'))
  await journal.close()

  const second = await testJournal(t, directory)
  t.strictSame((await second.lookup('a'))?.result, result('a'))
  t.match(await second.lookup('sent'), { state: 'acknowledged' })
  t.equal(second.outboxSize, 3)
  t.strictSame(await second.unfinished(), [])
})

test('Nothing is reported safe before the disk says so, and questions about it wait.', async (t) => {
  const trouble = troubledDisk()
  const journal = await testJournal(t, t.testdir(), {}, trouble.disk)
  const release = trouble.stall()
  const answered: string[] = []
  const all = [
    journal.accept(record('a')).then(() => answered.push('accept')),
    journal.lookup('a').then((entry) => answered.push(`lookup ${entry?.state}`)),
  ]
  await new Promise((resolve) => setTimeout(resolve, 200))
  t.strictSame(answered, [])
  t.equal(await journal.lookup('other'), undefined, 'a question about another command does not wait')
  release()
  await Promise.all(all)
  t.strictSame(answered, ['accept', 'lookup accepted'])
})

test('A disk that does not answer is reported; new commands do not wait for it for ever, ends do.', async (t) => {
  const trouble = troubledDisk()
  const journal = await testJournal(t, t.testdir(), {}, trouble.disk)
  await journal.accept(record('running'))
  // A disk that answered just now is not asked again before a write, and what is being written when it stops waits for it.
  await delay(100)
  const release = trouble.stall()
  const command = t.rejects(journal.accept(record('new')), { code: 'JOURNAL_UNAVAILABLE' })
  const question = t.rejects(journal.outbox(), { code: 'JOURNAL_UNAVAILABLE' })
  const end = journal.finish('running', result('running'))
  await waitUntil('it is reported', () => /not answered/.test(journal.health().reason ?? ''))
  t.match(journal.health(), { available: false, since: Number })
  await Promise.all([command, question])
  release()
  await end
  t.ok(journal.health().available)
  t.match(await journal.lookup('running'), { state: 'finished' })
  t.equal(await journal.lookup('new'), undefined)
})

test('All that is asked for in one turn, or while the disk is busy, shares a sync.', async (t) => {
  const trouble = troubledDisk()
  const journal = await testJournal(t, t.testdir(), {}, trouble.disk)
  await run(journal, 'warm')
  const before = trouble.calls
  await Promise.all(Array.from({ length: 200 }, (_, index) => journal.accept(record(`${index}`))))
  t.ok(trouble.calls - before <= 6, `${trouble.calls - before} calls for 200 commands`)
})

test('A queue that the disk does not keep up with is bounded.', async (t) => {
  const trouble = troubledDisk()
  const journal = await testJournal(t, t.testdir(), {}, trouble.disk)
  const release = trouble.stall()
  const big = { command: 'x'.repeat(4 * 1024 * 1024) }
  const all = Array.from({ length: 12 }, (_, index) => journal.accept(record(`${index}`, { input: big })))
  const settled = Promise.allSettled(all)
  await t.rejects(all.at(-1) as Promise<void>, { code: 'JOURNAL_UNAVAILABLE' })
  release()
  const outcomes = await settled
  t.equal(outcomes[0]?.status, 'fulfilled')
  t.ok(journal.health().available)
})

test('A journal that cannot write from the start begins to, once the disk works.', async (t) => {
  const trouble = troubledDisk()
  trouble.fail('ENOSPC')
  const journal = await testJournal(t, t.testdir(), {}, trouble.disk)
  t.match(journal.health(), { available: false, reason: /full/ })
  trouble.mend()
  await waitUntil('the journal begins', () => journal.health().available)
  await run(journal, 'a')
  t.match(await journal.lookup('a'), { state: 'finished' })
})
