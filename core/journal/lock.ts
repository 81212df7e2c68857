import { truncateSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isBusy, isDamage, locked } from './errors.ts'

/** Gives the folder free. */
export type Unlock = () => void

/**
 * Takes the folder for this process. The lock is SQLite's exclusive lock on an empty database beside the journal: the kernel drops
 * it when the process ends however it ends, on every platform, and it stays while a damaged journal is replaced.
 *
 * @throws CommandError `AGENT_LOCKED` where another process (or this one) has it; any other error: the folder can't be used.
 */
export function lockDirectory(directory: string): Unlock {
  const path = join(directory, 'lock')
  try {
    return take(path)
  } catch (error) {
    if (isBusy(error)) throw locked(directory, error)
    if (!isDamage(error)) throw error
  }
  // The file is no empty database, so nobody can hold its lock. Emptied, not deleted: two agents must not lock two files.
  truncateSync(path, 0)
  try {
    return take(path)
  } catch (error) {
    throw isBusy(error) ? locked(directory, error) : error
  }
}

function take(path: string): Unlock {
  const db = new DatabaseSync(path)
  try {
    // Its first page is prepared in memory and never written: nothing of this may need room on the disk.
    db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    db.close()
    throw error
  }
  return () => db.close()
}
