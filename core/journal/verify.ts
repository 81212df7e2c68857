import { setTimeout as pause } from 'node:timers/promises'
import { DamageError } from './errors.ts'
import { type Row, resultOf, sealOf } from './rows.ts'
import type { OpenJournal } from './vault.ts'

/** Work of one go and the rest after it, ms: a twentieth of one core, and never longer than a heartbeat can wait. */
const WORK_MS = 5
const REST_MS = 100

/**
 * Looks through the whole journal once for what SQLite does not notice: rows and results that differ from their seals, and ids that
 * the index does not find. Slowly, since it only has to come round before the damage matters.
 *
 * @param current the open journal; null: it is gone, and so is the task.
 * @throws DamageError, or what SQLite says of a broken page.
 */
export async function verifyAll(current: () => OpenJournal | null, signal: AbortSignal): Promise<void> {
  let seq = Number.MIN_SAFE_INTEGER
  for (;;) {
    await pause(REST_MS, undefined, { signal, ref: false })
    const open = current()
    if (open === null) return
    const until = performance.now() + WORK_MS
    while (performance.now() < until) {
      const next = verifyNext(open, seq)
      if (next === undefined) return
      seq = next
    }
  }
}

function verifyNext({ store: { db }, records }: OpenJournal, after: number): number | undefined {
  const row = db.prepare('SELECT * FROM command WHERE seq > ? ORDER BY seq LIMIT 1').get(after) as Row | undefined
  if (row === undefined) return undefined
  const { id } = sealOf(row)
  const seq = row.seq as number
  if (!records.has(id)) throw new DamageError(`the journal is damaged (command ${seq} is missing in its index)`)
  const result = db.prepare('SELECT * FROM result WHERE seq = ?').get(seq) as Row | undefined
  if (result !== undefined) resultOf(id, result)
  return seq
}
