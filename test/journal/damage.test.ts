import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import type { JournalEntry } from '../../core/dispatch/contract.ts'
import { hastyDisk, record, result, run, testJournal } from '../core/journal/fixtures/journal.ts'
import { randomNumbers } from './fixtures/random.ts'

const RANK = { accepted: 0, running: 1, finished: 2, acknowledged: 3 }

type Known = ReadonlyMap<string, JournalEntry>

/** A journal with commands in every state. @returns its files as they are when the agent dies, and after a proper end. */
async function populated(t: Test) {
  const parent = t.testdir({ open: {}, dead: {} })
  const directory = join(parent, 'open')
  const journal = await testJournal(t, directory, {}, hastyDisk)
  const known = new Map<string, JournalEntry>()
  for (let index = 0; index < 40; index++) {
    const id = `command-${index}`
    await journal.accept(record(id, { input: { command: 'x'.repeat(index * 20) } }))
    if (index % 5 > 0) await journal.start(id, index)
    if (index % 5 > 1) await journal.finish(id, result(id, { stdout: 'y'.repeat(index % 7 === 0 ? 9000 : index) }))
    if (index % 5 > 2) await journal.acknowledge(id)
    known.set(id, (await journal.lookup(id)) as JournalEntry)
    // Some of it in the database, some still in its log.
    if (index === 25) {
      await journal.close()
      return await populateRest(t, parent, known)
    }
  }
  throw new Error('not reached')
}

async function populateRest(t: Test, parent: string, known: Map<string, JournalEntry>) {
  const directory = join(parent, 'open')
  const journal = await testJournal(t, directory, {}, hastyDisk)
  for (let index = 26; index < 40; index++) {
    const id = `command-${index}`
    await run(journal, id)
    known.set(id, (await journal.lookup(id)) as JournalEntry)
  }
  cpSync(directory, join(parent, 'dead'), { recursive: true })
  await journal.close()
  return { dead: join(parent, 'dead'), closed: directory, known }
}

/** Opens damaged files; whatever they are, the journal works, invents nothing and says what it lost. */
async function examine(t: Test, directory: string, known: Known, what: string) {
  const journal = await testJournal(t, directory, {}, hastyDisk)
  const problems: string[] = []
  const missing: string[] = []
  if (!journal.health().available) problems.push(`unavailable: ${journal.health().reason}`)
  for (const [id, before] of known) {
    // Found while reading: mended at once, then asked again.
    const after = await journal.lookup(id).catch(async () => {
      await journal.history().catch(() => {})
      return await journal.lookup(id)
    })
    if (after === undefined) missing.push(id)
    else problems.push(...differences(before, after))
  }
  await run(journal, 'new').catch((error) => problems.push(`new command: ${error}`))
  const { damage } = journal.health()
  await journal.close()
  if (problems.length > 0) t.fail(`${what}: ${problems.slice(0, 3).join('; ')}`)
  return { missing, damage }
}

function differences(before: JournalEntry, after: JournalEntry): string[] {
  const problems: string[] = []
  if (after.digest !== before.digest || after.origin !== before.origin) problems.push(`${before.id} is another`)
  if (RANK[after.state] > RANK[before.state]) problems.push(`${before.id} went from ${before.state} to ${after.state}`)
  const lost = after.result === null || after.result.error?.code === 'RESULT_LOST'
  if (!lost && JSON.stringify(after.result) !== JSON.stringify(before.result))
    problems.push(`${before.id} has another result`)
  if (after.state === 'finished' && after.result === null) problems.push(`${before.id} waits without a result`)
  return problems
}

function damagedCopy(from: string, change: (directory: string) => void): string {
  const directory = mkdtempSync(join(from, '..', 'copy-'))
  cpSync(from, directory, { recursive: true })
  change(directory)
  return directory
}

function edit(directory: string, file: string, change: (bytes: Buffer) => void): void {
  const bytes = readFileSync(join(directory, file))
  change(bytes)
  writeFileSync(join(directory, file), bytes)
}

test('An undamaged journal of a dead agent has everything.', async (t) => {
  const { dead, known } = await populated(t)
  const { missing, damage } = await examine(
    t,
    damagedCopy(dead, () => {}),
    known,
    'undamaged',
  )
  t.strictSame(missing, [])
  t.equal(damage, null)
})

test('A database cut off anywhere is set aside, and what is left of it is read back.', async (t) => {
  const { closed, known } = await populated(t)
  const { size } = statSync(join(closed, 'journal.db'))
  const cuts = [0, 1, 16, 99, 100, 512, 4095, 4096, 4097, 8192, size >> 1, size - 4096, size - 512, size - 1]
  for (const cut of cuts) {
    const directory = damagedCopy(closed, (copy) => truncateSync(join(copy, 'journal.db'), cut))
    const { missing, damage } = await examine(t, directory, known, `cut at ${cut}`)
    t.ok(damage !== null, `cut at ${cut} is reported; ${missing.length} ids are gone`)
    if (cut >= size - 4096) t.ok(missing.length <= 15, `most ids are kept when ${size - cut} bytes are missing`)
  }
})

test('No flipped bit of the database makes a command forgotten in silence, or changes one.', async (t) => {
  const { closed, known } = await populated(t)
  const { size } = statSync(join(closed, 'journal.db'))
  const random = randomNumbers(20_260_301)
  let reported = 0
  for (let round = 0; round < 80; round++) {
    const at = Math.floor(random() * size)
    const bit = Math.floor(random() * 8)
    const directory = damagedCopy(closed, (copy) =>
      edit(copy, 'journal.db', (bytes) => {
        bytes[at] = (bytes[at] as number) ^ (1 << bit)
      }),
    )
    const { missing, damage } = await examine(t, directory, known, `bit ${bit} of byte ${at}`)
    if (damage !== null) reported++
    if (missing.length > 0) t.ok(damage, `byte ${at}: ${missing.length} forgotten without a word`)
    if (missing.length > 1) t.fail(`byte ${at}: one flipped bit lost ${missing.join(', ')}`)
  }
  t.ok(reported > 0, `${reported} of 80 reported`)
})

test('A page of zeros anywhere is survived.', async (t) => {
  const { closed, known } = await populated(t)
  const pages = statSync(join(closed, 'journal.db')).size / 4096
  for (let page = 0; page < pages; page++) {
    const directory = damagedCopy(closed, (copy) =>
      edit(copy, 'journal.db', (bytes) => bytes.fill(0, page * 4096, (page + 1) * 4096)),
    )
    const { missing, damage } = await examine(t, directory, known, `page ${page}`)
    if (missing.length > 0) t.ok(damage, `page ${page}`)
  }
})

test('A header of zeros, a text and an empty file are no databases; ids are read from the bytes.', async (t) => {
  const { closed, dead, known } = await populated(t)
  const zeroed = damagedCopy(closed, (copy) => edit(copy, 'journal.db', (bytes) => bytes.fill(0, 0, 100)))
  const headless = await examine(t, zeroed, known, 'header')
  t.strictSame(headless.missing, [], 'every id is there')
  t.match(headless.damage, { reason: /database/, commands: 40, lostResults: 0, setAside: [/damaged$/] })
  t.ok(headless.damage?.setAside.every((file) => existsSync(file)))
  const text = damagedCopy(closed, (copy) => writeFileSync(join(copy, 'journal.db'), 'hello '.repeat(5000)))
  t.ok((await examine(t, text, known, 'text')).damage)
  const empty = damagedCopy(dead, (copy) => truncateSync(join(copy, 'journal.db'), 0))
  const { damage } = await examine(t, empty, known, 'empty database with a log')
  t.ok((damage?.commands ?? 0) >= 14, 'what the log held is read back')
})

test('A damaged log is reported, and what follows the broken place is read back.', async (t) => {
  const { dead, known } = await populated(t)
  const { size } = statSync(join(dead, 'journal.db-wal'))
  const frame = 4096 + 24
  const garbage = damagedCopy(dead, (copy) => edit(copy, 'journal.db-wal', (bytes) => bytes.fill(0xa5, 0, 32)))
  const headless = await examine(t, garbage, known, 'header of the log')
  t.strictSame(headless.missing, [])
  t.ok(headless.damage)
  for (const at of [40, 32 + frame * 3 + 100, 32 + frame * 10 + 2000]) {
    const directory = damagedCopy(dead, (copy) =>
      edit(copy, 'journal.db-wal', (bytes) => {
        bytes[at] = (bytes[at] as number) ^ 1
      }),
    )
    const { missing, damage } = await examine(t, directory, known, `byte ${at} of the log`)
    t.ok(missing.length <= 1, `byte ${at}: ${missing.length} missing`)
    t.ok(damage, `byte ${at}`)
  }
  const noise = damagedCopy(dead, (copy) => writeFileSync(join(copy, 'journal.db-wal'), Buffer.alloc(size, 'noise!')))
  t.ok((await examine(t, noise, known, 'noise')).damage)
})

test('Nothing that was recorded is forgotten when the heads of database and log are gone, however short the log.', async (t) => {
  for (let commands = 1; commands <= 6; commands++) {
    const open = join(t.testdir(), 'open')
    const journal = await testJournal(t, open, {}, hastyDisk)
    const known = new Map<string, JournalEntry>()
    for (let index = 0; index < commands; index++) {
      const id = `command-${index}`
      await journal.accept(record(id))
      known.set(id, (await journal.lookup(id)) as JournalEntry)
    }
    const both = damagedCopy(open, (copy) => {
      edit(copy, 'journal.db', (bytes) => bytes.fill(0, 0, 100))
      edit(copy, 'journal.db-wal', (bytes) => bytes.fill(0, 0, 32))
    })
    const headless = await examine(t, both, known, `${commands} commands, both heads`)
    t.strictSame(headless.missing, [], `${commands} commands, both heads`)
    t.ok(headless.damage)
    const log = damagedCopy(open, (copy) => edit(copy, 'journal.db-wal', (bytes) => bytes.fill(0, 0, 32)))
    t.strictSame((await examine(t, log, known, `${commands} commands, head of the log`)).missing, [])
    await journal.close()
  }
})

test('What follows a broken place of the log is read back, also where it is so little that a power cut may have left it.', async (t) => {
  const open = join(t.testdir(), 'open')
  const journal = await testJournal(t, open, {}, hastyDisk)
  const known = new Map<string, JournalEntry>()
  const ends: number[] = []
  for (const id of ['a', 'b', 'c', 'd']) {
    await journal.accept(record(id))
    known.set(id, (await journal.lookup(id)) as JournalEntry)
    ends.push(statSync(join(open, 'journal.db-wal')).size)
  }
  const directory = damagedCopy(open, (copy) =>
    edit(copy, 'journal.db-wal', (bytes) => {
      const at = (ends[1] as number) + 24 + 2000
      bytes[at] = (bytes[at] as number) ^ 1
    }),
  )
  const { missing, damage } = await examine(t, directory, known, 'few transactions')
  t.strictSame(
    missing.filter((id) => id !== 'c'),
    [],
  )
  t.equal(damage, null, 'taken for a power cut')
  t.strictSame(
    readdirSync(directory).filter((name) => /salvaging|damaged/.test(name)),
    [],
    'nothing is left of it',
  )
})

test('A log cut off anywhere gives what came before; that is how every sudden end looks.', async (t) => {
  const { dead, known } = await populated(t)
  const { size } = statSync(join(dead, 'journal.db-wal'))
  for (let cut = 0; cut < size; cut += 23_003) {
    const directory = damagedCopy(dead, (copy) => truncateSync(join(copy, 'journal.db-wal'), cut))
    const { missing } = await examine(t, directory, known, `cut at ${cut}`)
    t.ok(
      missing.every((id) => Number(id.split('-')[1]) > 25),
      'what is in the database is there',
    )
  }
})

test('A log without its database is set aside with its commands read back.', async (t) => {
  const { dead, known } = await populated(t)
  const directory = damagedCopy(dead, (copy) => unlinkSync(join(copy, 'journal.db')))
  const { damage } = await examine(t, directory, known, 'no database')
  t.match(damage, { reason: /found 0 bytes/ })
  t.ok((damage?.commands ?? 0) >= 14)
})

test('A result that was lost with its page is replaced by one that says so, in its place of the outbox.', async (t) => {
  const { closed, known } = await populated(t)
  const directory = damagedCopy(closed, (copy) =>
    edit(copy, 'journal.db', (bytes) => {
      const text = bytes.toString('latin1')
      const at = text.indexOf('yyyyyyyy')
      bytes.fill(0x7a, at, at + 4)
    }),
  )
  const journal = await testJournal(t, directory, {}, hastyDisk)
  for (const id of known.keys()) await journal.lookup(id).catch(() => {})
  await journal.history()
  const waiting = await journal.outbox()
  const lost = waiting.filter(({ error }) => error?.code === 'RESULT_LOST')
  t.ok(lost.length <= 1)
  t.ok(journal.health().damage)
  t.equal(journal.health().damage?.lostResults, lost.length)
})

test('Only the last damaged files are kept.', async (t) => {
  const { closed } = await populated(t)
  const directory = damagedCopy(closed, () => {})
  for (let round = 0; round < 3; round++) {
    edit(directory, 'journal.db', (bytes) => bytes.fill(0, 0, 100))
    const journal = await testJournal(t, directory, {}, hastyDisk)
    t.match(journal.health(), { available: true, damage: { commands: 40 } })
    await journal.close()
  }
  t.equal(readdirSync(directory).filter((name) => /damaged/.test(name)).length, 1)
})
