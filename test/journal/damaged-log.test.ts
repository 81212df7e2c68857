import { readdirSync, statSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import type { JournalEntry } from '../../core/dispatch/contract.ts'
import { keepRest } from '../../core/journal/damage.ts'
import { hastyDisk, record, testJournal } from '../core/journal/fixtures/journal.ts'
import { damagedCopy, edit, examine, populated } from './fixtures/damage.ts'

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

test('What is kept of a log is kept once, however often the journal is tried.', async (t) => {
  const directory = t.testdir()
  for (const now of [1, 2, 3]) await keepRest(directory, now * 1000, { damaged: false, rest: 'what SQLite would drop' })
  t.equal(readdirSync(directory).length, 1)
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
