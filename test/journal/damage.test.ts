import { existsSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { hastyDisk, testJournal } from '../core/journal/fixtures/journal.ts'
import { damagedCopy, edit, examine, populated } from './fixtures/damage.ts'
import { randomNumbers } from './fixtures/random.ts'

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
