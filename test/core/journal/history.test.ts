import { test } from 'tap'
import type { DurableJournal, HistoryQuery } from '../../../core/journal/contract.ts'
import { manualClock, record, result, testJournal } from './fixtures/journal.ts'

async function ids(journal: DurableJournal, query: HistoryQuery = {}): Promise<string[]> {
  return (await journal.history(query)).entries.map(({ id }) => id)
}

test('The history lists the newest first, with all that is known of each command.', async (t) => {
  const clock = manualClock()
  const journal = await testJournal(t, t.testdir(), { clock })
  await journal.accept(record('a', {}, { receivedAt: clock.now() }))
  clock.pass(10)
  await journal.start('a', clock.now())
  clock.pass(20)
  await journal.finish(
    'a',
    result('a', { exit_code: 3, duration_ms: 20, error: { code: 'HANDLER_FAILED', message: 'x' } }),
  )
  clock.pass(30)
  await journal.acknowledge('a')
  await journal.refuse(record('b', { requester: { user: null, role: null } }, { plugin: null }), result('b'))
  const { entries, next } = await journal.history()
  t.equal(next, null)
  t.strictSame(
    entries.map(({ id }) => id),
    ['b', 'a'],
  )
  const now = clock.now()
  t.match(entries[0], {
    plugin: null,
    user: null,
    role: null,
    state: 'finished',
    startedAt: null,
    acknowledgedAt: null,
  })
  t.strictSame(entries[1], {
    seq: 1,
    id: 'a',
    type: 'shell',
    plugin: 'shell',
    origin: 'server',
    state: 'acknowledged',
    user: 'ada',
    role: 'technician',
    receivedAt: now - 60,
    startedAt: now - 50,
    finishedAt: now - 30,
    acknowledgedAt: now,
    exitCode: 3,
    errorCode: 'HANDLER_FAILED',
    durationMs: 20,
  })
})

test('The history keeps the order of arrival when the clock is set back.', async (t) => {
  const clock = manualClock()
  const journal = await testJournal(t, t.testdir(), { clock })
  for (const id of ['a', 'b', 'c']) {
    await journal.accept(record(id, {}, { receivedAt: clock.now() }))
    clock.jump(-86_400_000)
  }
  t.strictSame(await ids(journal), ['c', 'b', 'a'])
})

test('Filters of the history hold together.', async (t) => {
  const journal = await testJournal(t, t.testdir())
  const at = (receivedAt: number) => ({ receivedAt })
  await journal.accept(record('a', { type: 'shell' }, at(100)))
  await journal.accept(record('b', { type: 'claude_task', requester: { user: 'bob', role: null } }, at(200)))
  await journal.accept(record('c', { type: 'shell', origin: 'local' }, { receivedAt: 300, plugin: 'other' }))
  await journal.start('b', 250)
  await journal.finish('c', result('c'))
  t.strictSame(await ids(journal, { type: 'shell' }), ['c', 'a'])
  t.strictSame(await ids(journal, { plugin: 'other' }), ['c'])
  t.strictSame(await ids(journal, { state: 'running' }), ['b'])
  t.strictSame(await ids(journal, { state: 'accepted' }), ['a'])
  t.strictSame(await ids(journal, { origin: 'local' }), ['c'])
  t.strictSame(await ids(journal, { user: 'bob' }), ['b'])
  t.strictSame(await ids(journal, { since: 200 }), ['c', 'b'])
  t.strictSame(await ids(journal, { until: 200 }), ['a'])
  t.strictSame(await ids(journal, { since: 100, until: 300, type: 'shell' }), ['a'])
  t.strictSame(await ids(journal, { user: "'; DROP TABLE command; --" }), [])
})

test('Text is found in ids, inputs and results, as it was written and whatever it holds.', async (t) => {
  const journal = await testJournal(t, t.testdir())
  await journal.accept(record('first-ID', { input: { command: 'echo "50%"\n' }, commandText: '' }))
  await journal.accept(record('second', { input: {}, commandText: 'under_score' }))
  await journal.finish('second', result('second', { stdout: 'C:\\Temp\tdone' }))
  t.strictSame(await ids(journal, { text: 'FIRST-id' }), ['first-ID'])
  t.strictSame(await ids(journal, { text: '"50%"\n' }), ['first-ID'])
  t.strictSame(await ids(journal, { text: '50%%' }), [])
  t.strictSame(await ids(journal, { text: 'under_' }), ['second'])
  t.strictSame(await ids(journal, { text: 'under-' }), [])
  t.strictSame(await ids(journal, { text: 'C:\\Temp\tdone' }), ['second'])
  t.strictSame(await ids(journal, { text: '' }), ['second', 'first-ID'])
})

test('Pages of the history follow one another without gap or repetition.', async (t) => {
  const journal = await testJournal(t, t.testdir())
  const all = Array.from({ length: 500 }, (_, index) => `c${index}`)
  await Promise.all(all.map((id, index) => journal.accept(record(id, { type: index % 7 === 0 ? 'rare' : 'shell' }))))
  for (const type of ['shell', 'rare']) {
    const seen: string[] = []
    for (let before: number | undefined; ; ) {
      const page = await journal.history({ type, limit: 33, ...(before === undefined ? {} : { before }) })
      seen.push(...page.entries.map(({ id }) => id))
      if (page.next === null) break
      before = page.next
    }
    const expected = all.filter((_, index) => (index % 7 === 0) === (type === 'rare'))
    t.strictSame(seen, expected.toReversed())
  }
})

test('One command is given in full, an unknown one not at all.', async (t) => {
  const journal = await testJournal(t, t.testdir())
  const input = { list: [1, { deep: 'x' }], command: 'true' }
  await journal.accept(record('a', { input, timeoutSeconds: 7, elevated: true }))
  t.match(await journal.entry('a'), { input, commandText: 'true', timeoutSeconds: 7, elevated: true, result: null })
  await journal.finish('a', result('a'))
  t.match(await journal.entry('a'), { state: 'finished', result: result('a') })
  t.equal(await journal.entry('nobody'), undefined)
})
