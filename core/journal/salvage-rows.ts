import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Row } from './rows.ts'
import type { Salvaged } from './salvage.ts'
import { openSeal, sealResult } from './seal.ts'
import type { Store } from './store.ts'

const ROWS_AT_ONCE = 100

/** Copies the rows that SQLite still finds in a damaged database, from both ends of the table: the damage may be in its middle. */
export async function mergeRows(store: Store, found: Salvaged, damaged: DatabaseSync): Promise<void> {
  for (const direction of ['ASC', 'DESC'] as const) {
    const rows = readTable(damaged, direction)
    for (let batch = take(rows); batch.length > 0; batch = take(rows)) {
      store.transaction(() => {
        for (const row of batch) mergeRow(store.db, found, damaged, row)
      })
      await nextTurn()
    }
  }
}

/** Unlike `Iterator.take`, leaves the rest for the next call. */
function take(rows: Iterator<Row>): Row[] {
  const batch: Row[] = []
  while (batch.length < ROWS_AT_ONCE) {
    const { value, done } = rows.next()
    if (done) break
    batch.push(value)
  }
  return batch
}

/** One row at a time, each by its own search, until the first that can't be read. */
function* readTable(damaged: DatabaseSync, direction: 'ASC' | 'DESC'): Generator<Row, undefined> {
  const past = direction === 'ASC' ? '>' : '<'
  const sql = `SELECT * FROM command WHERE seq ${past} ? ORDER BY seq ${direction} LIMIT 1`
  const select = readOr(() => damaged.prepare(sql))
  let seq = direction === 'ASC' ? Number.MIN_SAFE_INTEGER : Number.MAX_SAFE_INTEGER
  for (;;) {
    const row = readOr(() => select?.get(seq) as Row | undefined)
    if (row === undefined) return
    const next = row.seq as number
    // A damaged tree may lead back to where one was, for ever.
    if (direction === 'ASC' ? next <= seq : next >= seq) return
    seq = next
    yield row
  }
}

function mergeRow(db: DatabaseSync, found: Salvaged, damaged: DatabaseSync, row: Row): void {
  const seal = openSeal(String(row.seal))
  if (seal === undefined || seal.id !== row.id || seal.state !== row.state) return
  if (db.prepare('SELECT 1 FROM command WHERE id = ?').get(seal.id) !== undefined) return
  copy(db, 'command', row)
  found.commands++
  const seq = row.seq ?? null
  const input = readOr(() => damaged.prepare('SELECT * FROM input WHERE seq = ?').get(seq))
  if (input !== undefined) copy(db, 'input', input)
  const result = readOr(() => damaged.prepare('SELECT * FROM result WHERE seq = ?').get(seq))
  if (result === undefined || result.seal !== sealResult(seal.id, String(result.json))) return
  copy(db, 'result', result)
  found.results++
}

/** The damaged database may be of an older version: what it lacks keeps its default. */
function copy(db: DatabaseSync, table: string, row: Row): void {
  const known = new Set(
    db
      .prepare(`PRAGMA table_info(${table})`)
      .all()
      .map(({ name }) => String(name)),
  )
  const columns = Object.entries(row).filter(([name]) => known.has(name))
  const names = columns.map(([name]) => name).join(', ')
  db.prepare(`INSERT OR IGNORE INTO ${table} (${names}) VALUES (${columns.map(() => '?').join(', ')})`).run(
    ...columns.map(([, value]) => value),
  )
}

function readOr<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
