import * as fs from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Disk, syncDirectory } from './disk.ts'
import { emptyLog, isBegun, shortenLog } from './emptied-log.ts'
import { DamageError } from './errors.ts'
import { failpoint } from './failpoints.ts'
import { migrate } from './schema.ts'

/** The write-ahead log is copied into the database when it is longer than this, in bytes. */
export const WAL_BYTES = 4 * 1024 * 1024

/** Up to this size the whole database is checked before it is used; larger ones are checked piece by piece while in use. */
const CHECKED_AT_ONCE = 8 * 1024 * 1024

export const FILES = ['journal.db', 'journal.db-wal'] as const

/**
 * An open database.
 *
 * SQLite's synchronous FULL would sync on the event loop, and a worker thread for it costs 10 MiB of resident memory, a sixth of
 * what the whole agent may use. So SQLite is told to leave the syncs out, and they are made here, at the very same points, off the
 * event loop: the log after each commit, before a commit is reported ({@link Store.sync}); log, database and log again around a
 * checkpoint ({@link Store.checkpoint}). Between a write and its sync nothing else is written, which is also what keeps the
 * writes themselves from waiting behind a slow sync.
 */
export interface Store {
  readonly db: DatabaseSync
  /** Whether the log takes more than so many bytes: as it is, or were all of what it keeps of its file written over. */
  isLogBeyond(bytes: number): boolean
  /** Runs `work` in one transaction: all of it, or nothing and the error. */
  transaction(work: () => void): void
  /** Resolves when every transaction up to now is on the disk. */
  sync(): Promise<void>
  /**
   * Moves the log's content into the database; all transactions up to now are on the disk afterwards.
   *
   * @param keepBytes so much of the log's file stays, to be written over; see {@link emptyLog}. Default: nothing.
   */
  checkpoint(keepBytes?: number): Promise<void>
  /** Pages in use, pages of the file, and the log's file, in bytes. */
  size(): { readonly used: number; readonly file: number; readonly log: number }
  /** The first bytes of the database, as of the last checkpoint. */
  header(): Buffer
  /** Without a {@link Store.checkpoint} before, SQLite makes one here, syncs included, on the event loop. */
  close(): void
}

/**
 * Opens or makes the database of the journal.
 *
 * @throws DamageError, NewerSchemaError, or what the file system or SQLite says.
 */
export async function openStore(directory: string, disk: Disk): Promise<Store> {
  const path = join(directory, FILES[0])
  const db = new DatabaseSync(path)
  try {
    prepare(db)
    check(db)
    migrate(db)
  } catch (error) {
    closeSafely(db)
    throw error
  }
  failpoint('journal-opened')
  const fds: number[] = []
  try {
    // Stay open as long as the database: closing any descriptor of a file drops the locks that the process has on it.
    for (const file of FILES) fds.push(fs.openSync(join(directory, file), 'r+'))
    await syncDirectory(directory)
  } catch (error) {
    closeSafely(db)
    for (const fd of fds) fs.closeSync(fd)
    throw error
  }
  return storeOf(db, fds as [number, number], disk)
}

function prepare(db: DatabaseSync): void {
  // Exclusive before the log is first used: no shared memory file, no other process.
  db.exec(`
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA auto_vacuum = INCREMENTAL;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = OFF;
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA cache_size = -512;
    PRAGMA temp_store = MEMORY;
    PRAGMA cell_size_check = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA secure_delete = FAST;
  `)
}

/** @throws DamageError; SQLite itself throws where the file is no database. */
function check(db: DatabaseSync): void {
  const { file } = sizeReader(db)()
  if (file > CHECKED_AT_ONCE) return
  const found = db.prepare('PRAGMA integrity_check(1)').get()?.integrity_check
  if (found !== 'ok') throw new DamageError(`the journal is damaged (${String(found).split('\n').join(', ')})`)
}

function storeOf(db: DatabaseSync, [dbFd, walFd]: readonly [number, number], disk: Disk): Store {
  const statements = { begin: db.prepare('BEGIN IMMEDIATE'), commit: db.prepare('COMMIT') }
  const pages = sizeReader(db)
  const changes = changeCounter(db)
  const logBytes = () => fs.fstatSync(walFd).size
  let kept = 0
  /** Changes up to the checkpoint after which the log is to begin anew; null once it has. */
  let emptiedAt: number | null = null
  const requireBegun = (): void => {
    if (emptiedAt === null || changes() === emptiedAt) return
    // A log without a head would be lost in a crash.
    if (!isBegun(walFd)) throw new Error('SQLite went on with a log that was emptied')
    emptiedAt = null
  }
  return {
    db,
    isLogBeyond(bytes) {
      const size = logBytes()
      return size > bytes && (size > kept || kept > bytes)
    },
    transaction(work) {
      statements.begin.run()
      try {
        failpoint('journal-begin')
        work()
        failpoint('journal-before-commit')
        statements.commit.run()
        requireBegun()
      } catch (error) {
        if (db.isTransaction) db.exec('ROLLBACK')
        throw error
      }
      failpoint('journal-committed')
    },
    async sync() {
      await disk.sync(walFd)
      failpoint('journal-synced')
    },
    async checkpoint(keepBytes = 0) {
      await disk.sync(walFd)
      failpoint('journal-checkpoint')
      copyLog(db, 'PASSIVE')
      failpoint('journal-copied')
      await disk.sync(dbFd)
      failpoint('journal-copy-synced')
      // Emptied and synced before it is used again: frames of two generations on the disk could pass for one.
      if (keepBytes === 0) copyLog(db, 'TRUNCATE')
      else emptyLog(walFd)
      failpoint('journal-emptied')
      await disk.sync(walFd)
      failpoint('journal-emptied-synced')
      kept = shortenLog(walFd, keepBytes)
      emptiedAt = kept === 0 ? null : changes()
    },
    size: () => ({ ...pages(), log: logBytes() }),
    header() {
      const header = Buffer.alloc(100)
      fs.readSync(dbFd, header, 0, header.length, 0)
      return header
    },
    close() {
      failpoint('journal-closing')
      closeSafely(db)
      fs.closeSync(dbFd)
      fs.closeSync(walFd)
    },
  }
}

function copyLog(db: DatabaseSync, mode: 'PASSIVE' | 'TRUNCATE'): void {
  const { busy, log, checkpointed } = db.prepare(`PRAGMA wal_checkpoint(${mode})`).get() ?? {}
  if (busy !== 0 || log !== checkpointed) {
    throw new Error(`the log could not be copied whole (busy ${busy}, ${checkpointed} of ${log} pages)`)
  }
}

function changeCounter(db: DatabaseSync): () => number {
  const statement = db.prepare('SELECT total_changes() AS changes')
  return () => Number(statement.get()?.changes)
}

function sizeReader(db: DatabaseSync): () => { readonly used: number; readonly file: number } {
  const reader = (pragma: string) => {
    const statement = db.prepare(`PRAGMA ${pragma}`)
    return () => Number(statement.get()?.[pragma])
  }
  const [pages, unused, pageSize] = [reader('page_count'), reader('freelist_count'), reader('page_size')] as const
  return () => ({ used: (pages() - unused()) * pageSize(), file: pages() * pageSize() })
}

/** SQLite copies what is left in the log when it closes; it must sync then, since nobody else does. */
function closeSafely(db: DatabaseSync): void {
  try {
    db.exec('PRAGMA synchronous = FULL')
  } catch {
    // Not a database: there is nothing to copy.
  }
  db.close()
}
