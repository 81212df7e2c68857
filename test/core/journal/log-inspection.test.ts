import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'tap'
import { inspectLog } from '../../../core/journal/log-inspection.ts'

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
