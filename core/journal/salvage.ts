import { closeSync, openSync, statSync, writeSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { CommandResultPayload } from '../protocol/messages.ts'
import { prepareResult } from './prepared.ts'
import { type Row, sealOf } from './rows.ts'
import { mergeBytes } from './salvage-bytes.ts'
import { mergeRows } from './salvage-rows.ts'
import { STATE } from './schema.ts'
import { sealCommand } from './seal.ts'
import type { Store } from './store.ts'

const PAGE_BYTES = 4096
/** Places in the header of a database; see sqlite.org/fileformat2. */
const HEADER = { changes: 24, pages: 28, unused: 32, validFor: 92 } as const

/** What was read back. */
export interface Salvaged {
  commands: number
  results: number
  lostResults: number
}

/**
 * Reads back into a fresh journal what can still be read of damaged files, so that none of their commands runs twice and none of
 * their results is lost without a word: first row by row as far as SQLite finds its way, then by looking through the bytes for
 * seals. Of several copies of a command the one furthest on its way counts. May be repeated.
 *
 * @param files databases, their logs beside them, and parts of logs.
 */
export async function salvage(store: Store, files: readonly string[]): Promise<Salvaged> {
  const found: Salvaged = { commands: 0, results: 0, lostResults: 0 }
  const opened: DatabaseSync[] = []
  try {
    for (const file of files.filter((name) => !/-(wal|log|torn)$/.test(name))) {
      const damaged = openDamaged(file) ?? (await openHeadless(store, file))
      if (damaged === undefined) continue
      opened.push(damaged)
      await mergeRows(store, found, damaged)
    }
    for (const file of files) await mergeBytes(store, found, file)
    settleLost(store, found)
  } finally {
    // Last: SQLite may copy the log into the database when it closes it, and delete it.
    for (const damaged of opened) damaged.close()
  }
  return found
}

/** Undefined where SQLite does not take it for a database. */
function openDamaged(path: string): DatabaseSync | undefined {
  // SQLite deletes the log of an empty database.
  if (statSync(path).size === 0) return undefined
  const db = new DatabaseSync(path)
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; SELECT count(*) FROM sqlite_schema')
    return db
  } catch {
    db.close()
    return undefined
  }
}

/** Tries again with the header of the fresh journal, which has the same shape: it is the first that goes when a disk gives zeros. */
async function openHeadless(store: Store, path: string): Promise<DatabaseSync | undefined> {
  const { size } = statSync(path)
  if (size < PAGE_BYTES) return undefined
  await store.checkpoint()
  const header = store.header()
  header.writeUInt32BE(size / PAGE_BYTES, HEADER.pages)
  header.fill(0, HEADER.unused, HEADER.unused + 8)
  header.copy(header, HEADER.validFor, HEADER.changes, HEADER.changes + 4)
  const fd = openSync(path, 'r+')
  try {
    writeSync(fd, header, 0, header.length, 0)
  } finally {
    closeSync(fd)
  }
  return openDamaged(path)
}

/** Every finished command has a result again, and its place in the outbox; settled ones without one are tombstones. */
function settleLost({ db, transaction }: Store, found: Salvaged): void {
  const hasResult = db.prepare('SELECT 1 FROM result WHERE seq = ?')
  const insert = db.prepare('INSERT INTO result VALUES (?, ?, ?)')
  const queue = db.prepare('UPDATE command SET finish_order = ? WHERE seq = ?')
  const bury = db.prepare('UPDATE command SET seal = ?, state = ? WHERE seq = ?')
  const withState = db.prepare('SELECT * FROM command WHERE state = ? ORDER BY finish_order IS NULL, finish_order, seq')
  transaction(() => {
    let order = 0
    for (const row of withState.all(STATE.finished) as Row[]) {
      const { id, seq = null } = row
      order = Number(row.finish_order ?? order + 1)
      queue.run(order, seq)
      if (hasResult.get(seq) !== undefined) continue
      const { json, seal } = prepareResult(String(id), lostResult(String(id)))
      insert.run(seq, seal, json)
      found.lostResults++
    }
    for (const row of withState.all(STATE.acknowledged) as Row[]) {
      if (hasResult.get(row.seq ?? null) !== undefined) continue
      bury.run(sealCommand({ ...sealOf(row), state: STATE.tombstone }), STATE.tombstone, row.seq ?? null)
    }
    // What the damaged journal's processes left behind is told from what this one does by the number of the session.
    db.exec(`
      INSERT INTO meta SELECT 'session', coalesce(max(session), 0) FROM command WHERE true
      ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)`)
  })
}

function lostResult(id: string): CommandResultPayload {
  const message = 'The command ran, but its result was lost when the agent’s journal was damaged.'
  const error = { code: 'RESULT_LOST', message }
  return { command_id: id, exit_code: -1, stdout: '', stderr: message, duration_ms: 0, error }
}
