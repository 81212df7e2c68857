import { setImmediate as nextTurn } from 'node:timers/promises'
import type { CommandResultPayload } from '../protocol/messages.ts'
import type { JournalClock, JournalLimits } from './contract.ts'
import { unavailable } from './errors.ts'
import { failpoint } from './failpoints.ts'
import { type PreparedResult, prepareResult } from './prepared.ts'
import type { Records } from './records.ts'
import { type Row, resultOf } from './rows.ts'
import { type Store, WAL_BYTES } from './store.ts'
import type { OpenJournal } from './vault.ts'

const DAY_MS = 86_400_000
const DEFAULTS = { maxBytes: 268_435_456, resultDays: 30, tombstoneDays: 30 } as const
const LEAST_BYTES = 1024 * 1024
const LEAST_WAL_BYTES = 128 * 1024
/** Left free on a disk that is nearly full: others need it, and so does the log before it is copied. */
const SPARE_BYTES = 512 * 1024
/** Rows of one step, so that none holds the event loop for long. */
const STEP_ROWS = 32
/** Most results that wait for the server. */
export const OUTBOX_RESULTS = 50_000
/** About what a tombstone takes, indexes included. */
const TOMBSTONE_BYTES = 512
/** What a result takes beside its output, generously, in characters. */
const ROOM_BESIDES = 16_384
/** The size is looked at again once a batch may have taken this part of the room that was left; what they write is a guess. */
const LOOK_AGAIN = 1 / 8
const VACUUM_PAGES = 64
const VACUUM_FROM = 1024 * 1024

/**
 * What goes, and in which order.
 *
 * By age: inputs and results of settled commands, and results that no server took, after `resultDays`; then the tombstone after
 * `tombstoneDays`. An age is the smaller of what the wall clock and the clock that never jumps say.
 *
 * By size, as soon as the room is needed, the oldest first: 1. inputs and results of settled commands; 2. the outputs of results that
 * wait for the server (exit code, duration and error stay); 3. tombstones, as far as they take more than a quarter of the room. When
 * all that is done, new commands are refused. The room is `maxBytes` less what the log needs; on a disk that is nearly full, what
 * that has left but for half a MiB. Beyond {@link OUTBOX_RESULTS} waiting results the oldest are given up.
 */
export class Retention {
  readonly #budget: number
  readonly #largestResult: number
  readonly #resultMs: number
  readonly #tombstoneMs: number
  readonly #walBytes: number
  readonly #clock: JournalClock
  readonly #steady: () => number
  #full = false
  /** Place in the outbox up to which outputs were left out. */
  #shortened = 0
  /** What may be written to this database before its size is looked at again, which takes ten statements. */
  #allowance = { store: null as Store | null, bytes: 0 }

  constructor(limits: JournalLimits, clock: JournalClock, steady: () => number) {
    const maxBytes = Math.max(limits.maxBytes ?? DEFAULTS.maxBytes, LEAST_BYTES)
    this.#walBytes = Math.min(WAL_BYTES, maxBytes / 8)
    // The rest is for the log, which is longer than its limit by one batch for a moment.
    this.#budget = maxBytes - Math.min(4 * WAL_BYTES, maxBytes / 2)
    this.#largestResult = maxBytes / 16
    this.#resultMs = (limits.resultDays ?? DEFAULTS.resultDays) * DAY_MS
    this.#tombstoneMs = Math.max((limits.tombstoneDays ?? DEFAULTS.tombstoneDays) * DAY_MS, this.#resultMs)
    this.#clock = clock
    this.#steady = steady
  }

  /** A result as it may be written: without its output where it would take more than a sixteenth of all the room. */
  fitting(id: string, result: CommandResultPayload): PreparedResult {
    return prepareResult(id, this.fit(result))
  }

  /** See Journal.fit. */
  fit(result: CommandResultPayload): CommandResultPayload {
    // Written as JSON no character takes more than six; most results are told by that alone.
    const { stdout, stderr, data } = result
    if (data === undefined && (stdout.length + stderr.length) * 6 + ROOM_BESIDES < this.#largestResult) return result
    return JSON.stringify(result).length <= this.#largestResult ? result : withoutOutput(result)
  }

  /** The log is copied into the database when it is longer than this; the copy needs as much room again. */
  walBytes(freeBytes: number): number {
    return Math.min(this.#walBytes, Math.max(freeBytes / 4, LEAST_WAL_BYTES))
  }

  /** Frees what is needed for a batch to come, as far as that is possible. The last of a disk is left to others. */
  async makeRoom({ store, records }: OpenJournal, bytes: number, freeBytes: number): Promise<void> {
    this.#full = false
    if (records.waiting <= OUTBOX_RESULTS && this.#isAllowed(store, bytes, freeBytes)) return
    const limit = Math.min(this.#budget, store.size().file + Math.max(0, freeBytes - SPARE_BYTES) / 2)
    while (records.waiting > OUTBOX_RESULTS || store.size().used + bytes > limit) {
      let done = false
      store.transaction(() => {
        done = records.waiting > OUTBOX_RESULTS ? this.#giveUpOldest(records) : this.#shrink(records)
      })
      failpoint('journal-pruned')
      if (!done) {
        this.#full = true
        return
      }
      if (store.isLogBeyond(this.walBytes(freeBytes))) await store.checkpoint()
      else await nextTurn()
    }
    this.#allowance = { store, bytes: (limit - store.size().used) * LOOK_AGAIN }
  }

  /** Only where the disk has more room than the journal may take. */
  #isAllowed(store: Store, bytes: number, freeBytes: number): boolean {
    if (this.#allowance.store !== store || (freeBytes - SPARE_BYTES) / 2 < this.#budget) return false
    this.#allowance.bytes -= bytes
    return this.#allowance.bytes > 0
  }

  /** Why no new command fits in; null: there is room. */
  get fullReason(): string | null {
    return this.#full ? 'the room for the journal is taken by results that wait for the server' : null
  }

  /** @throws CommandError `JOURNAL_UNAVAILABLE` where no new command fits in. */
  requireRoom(): void {
    if (this.fullReason !== null) throw unavailable(this.fullReason)
  }

  /** One step of what is due by age. Belongs inside a transaction. @returns false where nothing is. */
  expire(records: Records): boolean {
    const toBury = records.oldest('ended', STEP_ROWS).filter((row) => this.#ageOf(row) > this.#resultMs)
    const toForget = records.oldest('tombstones', STEP_ROWS).filter((row) => this.#ageOf(row) > this.#tombstoneMs)
    for (const row of toBury) records.bury(row)
    for (const row of toForget) records.forget(row)
    return toBury.length + toForget.length > 0
  }

  /** Gives a step of unused pages back to the file system. @returns false where there are few, which are kept for later use. */
  vacuum(store: Store): boolean {
    const { used, file } = store.size()
    if (file - used < used / 4 || file - used < VACUUM_FROM) return false
    store.db.exec(`PRAGMA incremental_vacuum(${VACUUM_PAGES})`)
    return true
  }

  #ageOf(row: Row): number {
    const endedAt = Number(row.acknowledged_at ?? row.finished_at ?? row.received_at)
    const clock = Number(row.final_clock ?? row.accept_clock)
    return Math.min(this.#clock.now() - endedAt, this.#steady() - clock)
  }

  #giveUpOldest(records: Records): boolean {
    const rows = records.oldest('waiting', STEP_ROWS)
    for (const row of rows) records.bury(row)
    return rows.length > 0
  }

  #shrink(records: Records): boolean {
    return this.#dropSettled(records) || this.#dropOutputs(records) || this.#dropTombstones(records)
  }

  #dropSettled(records: Records): boolean {
    const rows = records.oldest('settled', STEP_ROWS)
    for (const row of rows) records.bury(row)
    return rows.length > 0
  }

  #dropOutputs(records: Records): boolean {
    const rows = records.bulkyAfter(this.#shortened, STEP_ROWS)
    for (const row of rows) {
      const id = String(row.id)
      records.shorten(row, prepareResult(id, withoutOutput(resultOf(id, row))))
      this.#shortened = Number(row.finish_order)
    }
    return rows.length > 0
  }

  #dropTombstones(records: Records): boolean {
    if (records.tombstones() * TOMBSTONE_BYTES < this.#budget / 4) return false
    const rows = records.oldest('tombstones', STEP_ROWS)
    for (const row of rows) records.forget(row)
    return rows.length > 0
  }
}

/** The bare facts of a result, and why there are no more. */
function withoutOutput(result: CommandResultPayload): CommandResultPayload {
  const { command_id, exit_code, duration_ms, error = null, plugin } = result
  const sentence = 'The output was left out: the agent’s journal had no room for it.'
  const stderr = error === null ? sentence : `${error.message}\n${sentence}`
  return { command_id, exit_code, stdout: '', stderr, duration_ms, error, ...(plugin === undefined ? {} : { plugin }) }
}
