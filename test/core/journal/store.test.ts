import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { realDisk } from '../../../core/journal/disk.ts'
import { isBegun } from '../../../core/journal/emptied-log.ts'
import { openStore } from '../../../core/journal/store.ts'

const KEPT = 128 * 1024

async function storeIn(t: Test) {
  const directory = t.testdir()
  const store = await openStore(directory, realDisk)
  const insert = store.db.prepare("INSERT INTO result VALUES (?, '', ?)")
  let seq = 0
  const write = (times: number) => {
    for (let time = 0; time < times; time++) store.transaction(() => insert.run(++seq, 'x'.repeat(5000)))
  }
  return { store, write, directory, log: join(directory, 'journal.db-wal'), count: () => seq }
}

test('a checkpoint keeps as much of the log’s file as it is told to, and the log is beyond it only once it is full', async (t) => {
  const { store, write } = await storeIn(t)
  write(30)
  t.ok(store.size().log > KEPT)
  t.ok(store.isLogBeyond(KEPT))
  await store.checkpoint(KEPT)
  t.equal(store.size().log, KEPT)
  t.notOk(store.isLogBeyond(KEPT), 'nothing of it counts')
  write(3)
  t.equal(store.size().log, KEPT, 'it is written over')
  t.notOk(store.isLogBeyond(KEPT))
  write(30)
  t.ok(store.isLogBeyond(KEPT), 'it is full again')
  await store.checkpoint(KEPT)
  t.ok(store.isLogBeyond(KEPT / 2), 'more is kept than may be now')
  await store.checkpoint()
  t.equal(store.size().log, 0)
  store.close()
})

test('all that was written is there, whichever way the log was emptied', async (t) => {
  const { store, write, directory, count } = await storeIn(t)
  for (const keep of [KEPT, 0, KEPT, KEPT]) {
    write(7)
    await store.checkpoint(keep)
  }
  write(2)
  store.close()
  const again = await openStore(directory, realDisk)
  t.same(again.db.prepare('SELECT count(*) AS results FROM result').get(), { results: count() })
  again.close()
})

test('transactions that change nothing leave an emptied log as it is', async (t) => {
  const { store, write, log } = await storeIn(t)
  write(3)
  await store.checkpoint(KEPT)
  store.transaction(() => {})
  t.match(readFileSync(log, 'latin1'), /^all is copied/)
  store.close()
})

test('an emptied log counts as begun once SQLite has written a head of its own', async (t) => {
  const { store, write, log } = await storeIn(t)
  write(3)
  await store.checkpoint(KEPT)
  const fd = openSync(log, 'r')
  t.equal(isBegun(fd), false)
  write(1)
  t.equal(isBegun(fd), true)
  closeSync(fd)
  store.close()
})
