import { writeFileSync } from 'node:fs'
import { readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { localError } from './contract.ts'

const LOCK = 'agent.lock'
const PID = 'agent.pid'

/** SQLITE_BUSY: another connection holds the lock. */
const BUSY = 5

/** The data folder is this process's own until it is released, or the process ends in whatever way. */
export interface DataDirLock {
  release(): Promise<void>
}

/**
 * Takes the data folder for this process.
 *
 * The lock is one of the operating system, on an empty SQLite database: Node has no other that the system itself takes back from a
 * killed process, and a file with a process id would have to be judged stale, which two starters can do at once.
 *
 * @throws LocalError `AGENT_LOCKED` where another process has it; `DATA_DIR_UNUSABLE` where the file cannot be made.
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  const { DatabaseSync } = await import('node:sqlite')
  const path = join(dataDir, LOCK)
  let database: InstanceType<typeof DatabaseSync> | undefined
  try {
    database = new DatabaseSync(path, { timeout: 0 })
    // No journal: nothing is ever written, and a second file would only raise questions
    database.exec('PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE')
  } catch (error) {
    database?.close()
    if ((error as { errcode?: number }).errcode === BUSY) throw await locked(dataDir, error)
    throw localError('DATA_DIR_UNUSABLE', `${path} cannot be locked: ${(error as Error).message}.`, error)
  }
  writeFileSync(join(dataDir, PID), `${process.pid}\n`, { mode: 0o600 })
  return { release: () => release(dataDir, database) }
}

async function release(dataDir: string, database: { readonly isOpen: boolean; close(): void }): Promise<void> {
  if (!database.isOpen) return
  await unlink(join(dataDir, PID)).catch(() => {})
  database.close()
}

/** The process id is only told to people; the lock does not depend on it. */
async function locked(dataDir: string, cause: unknown) {
  const pid = await readFile(join(dataDir, PID), 'utf8').catch(() => '')
  const who = /^\d+$/.test(pid.trim()) ? ` (process ${pid.trim()})` : ''
  const message = `Another agent or local run${who} uses the data folder ${dataDir}; stop it, or set another agent.dataDir.`
  return localError('AGENT_LOCKED', message, cause)
}
