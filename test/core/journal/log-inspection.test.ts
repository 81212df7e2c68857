import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'tap'
import { realDisk } from '../../../core/journal/disk.ts'
import { inspectLog } from '../../../core/journal/log-inspection.ts'
import { openStore } from '../../../core/journal/store.ts'

const FRAME = 24 + 4096

/** A log of nine transactions. */
function makeLog(directory: string): Buffer {
  const db = new DatabaseSync(join(directory, 'x.db'))
  db.exec('PRAGMA journal_mode = WAL; CREATE TABLE a (x)')
  for (let index = 0; index < 8; index++) db.exec(`INSERT INTO a VALUES ('${'x'.repeat(5000)}')`)
  const log = readFileSync(join(directory, 'x.db-wal'))
  db.close()
  return log
}

test('A log is sound whole, cut off anywhere, empty or absent.', (t) => {
  const directory = t.testdir()
  const path = join(directory, 'log')
  t.notOk(inspectLog(path).damaged)
  const log = makeLog(directory)
  for (const size of [0, 31, 32, 100, 32 + FRAME, 32 + FRAME * 3 + 17, log.length - 1, log.length]) {
    writeFileSync(path, log.subarray(0, size))
    t.notOk(inspectLog(path).damaged, `${size} bytes`)
  }
  t.end()
})

test('A log that goes on behind a broken place is damaged, and the rest of it is told.', (t) => {
  const directory = t.testdir()
  const path = join(directory, 'log')
  const log = makeLog(directory)
  // The first transaction takes two frames, each later one three or four: the broken place is inside of the second.
  const broken = Buffer.from(log)
  broken[32 + FRAME * 3 + 500] = (broken[32 + FRAME * 3 + 500] as number) ^ 1
  writeFileSync(path, broken)
  t.strictSame(
    inspectLog(path),
    { damaged: true, rest: broken.toString('latin1', 32 + FRAME * 2) },
    'from its begin on',
  )
  t.end()
})

test('A broken place in the last transaction looks like a sudden end, and is taken for one.', (t) => {
  const directory = t.testdir()
  const path = join(directory, 'log')
  const log = makeLog(directory)
  log[log.length - 1] = (log.at(-1) as number) ^ 1
  writeFileSync(path, log)
  t.notOk(inspectLog(path).damaged)
  t.end()
})

test('A header that was never written is damage where many transactions follow, and a power cut where few do.', (t) => {
  const directory = t.testdir()
  const path = join(directory, 'log')
  const log = makeLog(directory).fill(0, 0, 32)
  writeFileSync(path, log)
  t.ok(inspectLog(path).damaged)
  writeFileSync(path, log.subarray(0, 32 + FRAME * 5))
  t.notOk(inspectLog(path).damaged)
  t.end()
})

test('A log with another header is damaged as a whole.', (t) => {
  const directory = t.testdir()
  const path = join(directory, 'log')
  const log = makeLog(directory)
  for (const at of [0, 8, 16, 24]) {
    const broken = Buffer.from(log)
    broken[at] = (broken[at] as number) ^ 0x40
    writeFileSync(path, broken)
    t.equal(inspectLog(path).rest.length, log.length, `byte ${at}`)
  }
  t.end()
})

/** Two generations of a log in one file, as one leaves them that writes over the first. */
async function twoGenerations(directory: string, transactions: number): Promise<{ emptied: Buffer; second: Buffer }> {
  const store = await openStore(directory, realDisk)
  const path = join(directory, 'journal.db-wal')
  const insert = store.db.prepare("INSERT INTO result VALUES (?, '', ?)")
  const write = (seq: number) => store.transaction(() => insert.run(seq, 'x'.repeat(5000)))
  for (let seq = 0; seq < 20; seq++) write(seq)
  await store.checkpoint(1024 * 1024)
  const emptied = readFileSync(path)
  for (let seq = 100; seq < 100 + transactions; seq++) write(seq)
  const second = readFileSync(path)
  store.close()
  return { emptied, second }
}

test('A log that was emptied, and whose file is kept, is sound, and SQLite takes nothing of it.', async (t) => {
  const directory = t.testdir({ from: {}, to: {} })
  const { emptied } = await twoGenerations(join(directory, 'from'), 1)
  t.ok(emptied.length > 20 * FRAME, 'it is still long')
  const path = join(directory, 'to/x.db-wal')
  writeFileSync(path, emptied)
  t.strictSame(inspectLog(path), { damaged: false, rest: '' })
  const db = new DatabaseSync(join(directory, 'to/x.db'))
  t.same(db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get(), { tables: 0 })
  db.close()
})

test('What is left of an earlier log behind a later one is no part of it, and no damage.', async (t) => {
  const directory = t.testdir({ from: {} })
  const path = join(directory, 'log')
  const { emptied, second } = await twoGenerations(join(directory, 'from'), 6)
  t.equal(second.length, emptied.length, 'it was written over')
  writeFileSync(path, second)
  t.strictSame(inspectLog(path), { damaged: false, rest: '' })
  const broken = Buffer.from(second)
  broken[32 + FRAME + 500] = (broken[32 + FRAME + 500] as number) ^ 1
  writeFileSync(path, broken)
  const { damaged, rest } = inspectLog(path)
  t.equal(damaged, true)
  t.ok(rest.length > 6 * FRAME && rest.length < second.length - FRAME, 'the rest of its own')
})

test('A later log whose head did not come to the disk is a power cut, unless it is long.', async (t) => {
  const directory = t.testdir({ from: {}, more: {} })
  const path = join(directory, 'log')
  const headless = async (from: string, transactions: number): Promise<Buffer> => {
    const { emptied, second } = await twoGenerations(join(directory, from), transactions)
    emptied.copy(second, 0, 0, 32)
    return second
  }
  const short = await headless('from', 2)
  writeFileSync(path, short)
  const { damaged, rest } = inspectLog(path)
  t.equal(damaged, false)
  t.ok(rest.length > FRAME && rest.length < short.length - FRAME, 'its frames, for what stands whole in them')
  writeFileSync(path, await headless('more', 8))
  t.equal(inspectLog(path).damaged, true)
})
