import { randomBytes } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { manualClock, record, result, run, testJournal } from './fixtures/journal.ts'

const DAY = 86_400_000
const MIB = 1024 * 1024

function sizeOf(directory: string): number {
  return readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0)
}

const noise = (bytes: number) => randomBytes(bytes / 2).toString('hex')

test('Inputs and results go after their days, ids after theirs, and what waits is given up with the results.', async (t) => {
  const clock = manualClock()
  const limits = { resultDays: 10, tombstoneDays: 20 }
  const journal = await testJournal(t, t.testdir(), { clock, limits })
  await run(journal, 'sent')
  await journal.acknowledge('sent')
  await run(journal, 'waiting')
  await journal.accept(record('running'))
  clock.pass(9 * DAY)
  await journal.maintain()
  t.match(await journal.lookup('sent'), { result: result('sent') })
  clock.pass(2 * DAY)
  await journal.maintain()
  t.match(await journal.lookup('sent'), { state: 'acknowledged', digest: 'sha256-of-sent', result: null })
  t.match(await journal.lookup('waiting'), { state: 'acknowledged', result: null })
  t.equal(journal.outboxSize, 0)
  t.match(await journal.entry('sent'), { state: 'tombstone', exitCode: 0, input: undefined, result: null })
  t.match(await journal.lookup('running'), { state: 'accepted' })
  clock.pass(10 * DAY)
  await journal.maintain()
  t.equal(await journal.lookup('sent'), undefined)
  t.match(await journal.lookup('running'), { state: 'accepted' })
})

test('A wall clock that jumps ahead forgets nothing.', async (t) => {
  const clock = manualClock()
  const journal = await testJournal(t, t.testdir(), { clock })
  await run(journal, 'a')
  await journal.acknowledge('a')
  clock.jump(365 * DAY)
  await journal.maintain()
  t.match(await journal.lookup('a'), { result: result('a') })
  clock.jump(-700 * DAY)
  await journal.maintain()
  t.match(await journal.lookup('a'), { result: result('a') })
})

test('The files stay below maxBytes; the oldest settled results go first, no id is forgotten.', async (t) => {
  const directory = t.testdir()
  const limits = { maxBytes: 2 * MIB }
  const journal = await testJournal(t, directory, { limits })
  let most = 0
  for (let index = 0; index < 300; index++) {
    await run(journal, `c${index}`, { stdout: noise(20_000) })
    await journal.acknowledge(`c${index}`)
    most = Math.max(most, sizeOf(directory))
  }
  t.ok(most <= limits.maxBytes, `${most} bytes at most`)
  t.match(await journal.lookup('c0'), { state: 'acknowledged', result: null })
  t.match(await journal.lookup('c299'), { result: { exit_code: 0 } })
  const { entries } = await journal.history({ limit: 1000 })
  t.equal(entries.length, 300)
  const kept = entries.toReversed().map(({ state }) => state)
  t.strictSame(kept, kept.toSorted().toReversed(), 'tombstones are the oldest')
  t.ok(journal.health().bytes <= limits.maxBytes)
})

test('Without an acknowledgement outputs go, the oldest first, but each command keeps its result; then commands are refused.', async (t) => {
  const directory = t.testdir()
  const limits = { maxBytes: MIB }
  const journal = await testJournal(t, directory, { limits })
  const taken: string[] = []
  let refusal: { code?: string } | undefined
  let most = 0
  for (let index = 0; refusal === undefined && index < 20_000; index++) {
    const id = `c${index}`
    try {
      await journal.accept(record(id))
      taken.push(id)
      await journal.finish(id, result(id, { stdout: noise(index < 200 ? 10_000 : 10), exit_code: index % 100 }))
    } catch (error) {
      refusal = error as { code?: string }
    }
    if (index % 10 === 0) most = Math.max(most, sizeOf(directory))
  }
  t.match(refusal, { code: 'JOURNAL_UNAVAILABLE' })
  t.match(journal.health(), { available: false, reason: /wait for the server/ })
  t.ok(most <= limits.maxBytes, `${most} bytes at most`)
  const waiting = await journal.outbox()
  t.strictSame(
    waiting.map(({ command_id }) => command_id),
    taken,
    'none is lost',
  )
  t.ok(waiting.every(({ exit_code }, index) => exit_code === index % 100))
  t.match(waiting[0], { stdout: '', stderr: /left out/ })
  for (const id of taken.slice(0, 400)) await journal.acknowledge(id)
  await journal.accept(record('again'))
  t.match(await journal.lookup('again'), { state: 'accepted' })
  t.ok(journal.health().available)
})

test('A single result that would take too much of the room is kept without its output.', async (t) => {
  const journal = await testJournal(t, t.testdir(), { limits: { maxBytes: MIB } })
  const error = { code: 'COMMAND_TIMED_OUT', message: 'Too late.' }
  await run(journal, 'a', { exit_code: 124, stdout: noise(200_000), error })
  t.match((await journal.outbox())[0], { exit_code: 124, stdout: '', stderr: /Too late.*left out/s, error })
})

test('Room that is no longer needed goes back to the file system.', async (t) => {
  const directory = t.testdir()
  const clock = manualClock()
  const journal = await testJournal(t, directory, { clock })
  for (let index = 0; index < 60; index++) {
    await run(journal, `c${index}`, { stdout: noise(100_000) })
    await journal.acknowledge(`c${index}`)
  }
  clock.pass(40 * DAY)
  await journal.maintain()
  await journal.close()
  t.ok(sizeOf(directory) < 2 * MIB, `${sizeOf(directory)} bytes`)
})

test('What may be sent of a result is what is kept of it.', async (t) => {
  const journal = await testJournal(t, t.testdir(), { limits: { maxBytes: MIB } })
  const large = result('large', { stdout: 'x'.repeat(80_000) })
  for (const whole of [result('small'), result('awkward', { stdout: '\u0001'.repeat(12_000) }), large]) {
    const id = whole.command_id
    await journal.accept(record(id))
    await journal.finish(id, whole)
    t.strictSame((await journal.lookup(id))?.result, journal.fit(whole), id)
  }
  t.match(journal.fit(large), { stdout: '', stderr: /left out/ })
})
