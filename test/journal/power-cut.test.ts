import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { hastyDisk, run, testJournal } from '../core/journal/fixtures/journal.ts'
import { type DiskEvent, hasStrace, traceLife } from './fixtures/disk-trace.ts'
import { diskAfter } from './fixtures/power-cut.ts'
import { randomNumbers } from './fixtures/random.ts'

/** Whether the world had been told something that the journal does not know after the power came back. */
async function brokenPromises(t: Test, directory: string, said: readonly (readonly unknown[])[]): Promise<string[]> {
  const journal = await testJournal(t, directory, {}, hastyDisk)
  const broken: string[] = []
  if (!journal.health().available) broken.push(`unavailable: ${journal.health().reason}`)
  if (journal.health().damage !== null) broken.push('a power cut is taken for damage')
  for (const [kind, id, json] of said) {
    if (kind !== 'ran' && kind !== 'sent') continue
    const entry = await journal.lookup(String(id))
    if (entry === undefined) broken.push(`${kind} ${id} is forgotten`)
    else if (kind === 'sent' && entry.result !== null && JSON.stringify(entry.result) !== json)
      broken.push(`${id} has another result`)
    else if (kind === 'sent' && entry.result === null && entry.state !== 'acknowledged')
      broken.push(`${id} has no result`)
  }
  await run(journal, 'new').catch((error) => broken.push(String(error)))
  await journal.close()
  return broken
}

/** The head of a log that was emptied, and whose file is to be written over. */
function isMark(event: DiskEvent): boolean {
  return event.kind === 'write' && event.bytes.toString('latin1').startsWith('all is copied')
}

test('Whatever the disk keeps of unsynced writes when the power goes, every promise holds.', {
  skip: !hasStrace && 'needs strace',
}, async (t) => {
  const cuts = Number(process.env.GURURMM_JOURNAL_CUTS ?? 150)
  const directory = t.testdir()
  const events = traceLife(directory, 70, 7)
  const count = (kind: DiskEvent['kind']) => events.filter((event) => event.kind === kind).length
  const marks = events.flatMap((event, index) => (isMark(event) ? [index] : []))
  t.ok(marks.length > 2, `the log was emptied ${marks.length} times and written over`)
  t.ok(count('write') > 500 && count('truncate') > 2 && count('sync-ends') > 50, 'the trace has it all')
  t.equal(count('sync-begins'), count('sync-ends'))
  const random = randomNumbers(20_260_301)
  let promises = 0
  for (let round = 0; round < cuts; round++) {
    // Half of them around the moments in which the log changes hands.
    const mark = marks[Math.floor(random() * marks.length)] ?? 0
    const at = round % 2 === 0 ? Math.floor(random() * events.length) : mark + Math.floor(random() * 8)
    const after = mkdtempSync(join(directory, 'cut-'))
    for (const [name, bytes] of diskAfter(events, at, random)) writeFileSync(join(after, name), bytes)
    const said = events.slice(0, at).flatMap((event) => (event.kind === 'said' ? [event.line] : []))
    promises += said.length
    const broken = await brokenPromises(t, after, said)
    if (broken.length > 0)
      t.fail(`cut ${round} after ${at} of ${events.length} events: ${broken.slice(0, 3).join('; ')}`)
    rmSync(after, { recursive: true })
  }
  t.ok(promises > cuts, `${promises} promises held over ${cuts} cuts`)
})
