import type { JournalEntry, JournalRecord, OutboxPage } from '../dispatch/contract.ts'
import type { CommandResultPayload } from '../protocol/messages.ts'
import type { By, HistoryDetail, RunMark, Spent, UnfinishedCommand } from './contract.ts'
import { idTaken } from './errors.ts'
import type { PreparedInput, PreparedResult } from './prepared.ts'
import { historyDetailOf, journalEntryOf, type Row, resultOf, sealOf, unfinishedOf } from './rows.ts'
import { STATE } from './schema.ts'
import { sealCommand } from './seal.ts'
import type { JournalSession } from './session.ts'
import { type Statements, statementsOf } from './statements.ts'
import type { Store } from './store.ts'

/** Longer names of users, roles and types are cut: they come from the wire, and a row must fit into a page. */
const NAME_LENGTH = 128
/** Shorter ones take less than half a page. */
const BULKY_BYTES = 2048

/**
 * What is kept of commands, as plain calls on one open database. Writes belong inside {@link Store.transaction}. An unknown id
 * changes nothing.
 */
export class Records {
  readonly #statements: Statements
  readonly #session: JournalSession
  /** How many results wait for the server. */
  waiting: number

  constructor(store: Store, session: JournalSession) {
    this.#statements = statementsOf(store.db)
    this.#session = session
    this.waiting = Number(this.#statements.countWaiting.get()?.waiting)
  }

  /** @throws CommandError `COMMAND_ID_REUSED` where the id is there already. */
  insert({ request, plugin, afterCrash, receivedAt }: JournalRecord, input: PreparedInput): void {
    const { id, origin, requester, digest } = request
    if (this.#find(id) !== undefined) throw idTaken(id)
    const { lastInsertRowid } = this.#statements.insert.run({
      seal: sealCommand({ state: STATE.accepted, origin, id, digest }),
      id,
      state: STATE.accepted,
      session: this.#session.number,
      origin,
      type: request.type.slice(0, NAME_LENGTH),
      plugin,
      user: requester.user?.slice(0, NAME_LENGTH) ?? null,
      role: requester.role?.slice(0, NAME_LENGTH) ?? null,
      rerun: afterCrash === 'rerun' ? 1 : 0,
      elevated: request.elevated ? 1 : 0,
      timeoutSeconds: request.timeoutSeconds,
      expiresAt: request.expiresAt,
      receivedAt,
      clock: this.#session.steady(),
    })
    this.#statements.insertInput.run(lastInsertRowid, input.json, input.commandText, input.intact ? 1 : 0)
  }

  /** A command that is started anew runs again. */
  start(id: string, startedAt: number): void {
    const row = this.#find(id)
    if (row === undefined || stateOf(row) > STATE.running) return
    const { number: session, steady } = this.#session
    this.#statements.start.run({ ...changed(row, STATE.running), session, at: startedAt, clock: steady() })
  }

  /** @throws CommandError `COMMAND_ID_REUSED` where it has another result already. */
  finish(id: string, { json, seal, exitCode, errorCode, durationMs, usage }: PreparedResult, counts = true): void {
    const row = this.#find(id)
    if (row === undefined) return
    const seq = row.seq as number
    if (stateOf(row) >= STATE.finished) {
      if (this.#statements.result.get(seq)?.json !== json) throw idTaken(id)
      return
    }
    const { clock, steady, number: session } = this.#session
    const waits = row.origin === 'server'
    // Left by another process before its start was recorded: it may have run, so it counts for rate limits.
    const startClock = counts
      ? (row.start_clock ?? (row.session === session ? null : (row.accept_clock ?? null)))
      : null
    this.#statements.insertResult.run(seq, seal, json)
    this.#statements.finish.run({
      ...changed(row, waits ? STATE.finished : STATE.acknowledged),
      at: clock.now(),
      clock: steady(),
      startClock,
      order: waits ? ++this.#session.order : null,
      exitCode,
      errorCode,
      durationMs,
      usage,
    })
    this.#statements.removeRuns.run(seq)
    if (waits) this.waiting++
  }

  /** A command that does not run: recorded and ended at once. May be repeated. @throws like insert and finish. */
  refuse(record: JournalRecord, input: PreparedInput, result: PreparedResult): void {
    if (this.#find(record.request.id) === undefined) this.insert(record, input)
    this.finish(record.request.id, result)
  }

  acknowledge(id: string): void {
    const row = this.#find(id)
    if (row === undefined || stateOf(row) !== STATE.finished) return
    const { clock, steady } = this.#session
    this.#statements.acknowledge.run({ ...changed(row, STATE.acknowledged), at: clock.now(), clock: steady() })
    this.waiting--
  }

  /** Leaves only the tombstone of an ended command. */
  bury(row: Row): void {
    if (stateOf(row) === STATE.finished) this.waiting--
    this.#statements.bury.run(changed(row, STATE.tombstone))
    for (const removal of this.#statements.removePayloads) removal.run(row.seq as number)
  }

  /** Replaces the result of an ended command, and leaves out its input. */
  shorten(row: Row, { json, seal }: PreparedResult): void {
    this.#statements.replaceResult.run(seal, json, row.seq as number)
    this.#statements.removeInput.run(row.seq as number)
  }

  /** Forgets an ended command. */
  forget(row: Row): void {
    for (const removal of this.#statements.removals) removal.run(row.seq as number)
  }

  recordRun(id: string, { pid, startTime, marker }: RunMark): void {
    const row = this.#find(id)
    if (row === undefined || stateOf(row) > STATE.running) return
    this.#statements.insertRun.run(row.seq as number, pid, startTime, marker)
  }

  /** Forgets a command of which its sender was told that it was not recorded. */
  remove(id: string): void {
    const row = this.#find(id)
    if (row !== undefined) this.forget(row)
  }

  has(id: string): boolean {
    return this.#find(id) !== undefined
  }

  lookup(id: string): JournalEntry | undefined {
    const row = this.#find(id)
    return row && journalEntryOf(row, this.#resultOf(row))
  }

  detail(id: string): HistoryDetail | undefined {
    const row = this.#find(id)
    if (row === undefined) return undefined
    const input = this.#statements.input.get(row.seq as number) as Row | undefined
    return historyDetailOf(row, input, this.#resultOf(row))
  }

  /** Commands by what becomes of them next, the first to go first. */
  oldest(which: 'ended' | 'settled' | 'tombstones' | 'waiting', limit: number): Row[] {
    return this.#statements.oldest[which].all(limit) as Row[]
  }

  /** Results that wait behind a place of the outbox and that it would be worth to shorten. */
  bulkyAfter(order: number, limit: number): Row[] {
    return this.#statements.bulkyAfter.all(order, BULKY_BYTES, BULKY_BYTES, limit) as Row[]
  }

  tombstones(): number {
    return Number(this.#statements.tombstones.get()?.tombstones)
  }

  outbox({ after, limit = Infinity, maxCharacters = Infinity }: OutboxPage): CommandResultPayload[] {
    const from = after === undefined ? 0 : Number(this.#find(after)?.finish_order ?? 0)
    const results: CommandResultPayload[] = []
    let characters = 0
    for (const row of this.#statements.waitingAfter.iterate(from) as Iterable<Row>) {
      if (results.length >= limit || characters >= maxCharacters) break
      results.push(resultOf(row.id as string, row))
      characters += (row.json as string).length
    }
    return results
  }

  startsSince(type: string, since: number, by: By = {}): number[] {
    return this.#startsOf(type, since, by).map(({ at }) => at)
  }

  /** What the results of the commands that started since then tell of one key of their usage. */
  usageSince(type: string, key: string, since: number, by: By = {}): Spent[] {
    return this.#startsOf(type, since, by).flatMap(({ at, usage }) => {
      const used = usage === null ? {} : (JSON.parse(usage) as Record<string, number>)
      return Object.hasOwn(used, key) ? [{ at, value: used[key] as number }] : []
    })
  }

  /** Ages are taken by the clock that never jumps, and told in terms of the one that the caller has. */
  #startsOf(type: string, since: number, { user, role }: By): { at: number; usage: string | null }[] {
    const now = this.#session.clock.now()
    const steadyNow = this.#session.steady()
    const rows = this.#statements.starts.all({
      type: type.slice(0, NAME_LENGTH),
      since: steadyNow - (now - since),
      ofUser: user === undefined ? 0 : 1,
      user: user?.slice(0, NAME_LENGTH) ?? null,
      role: role?.slice(0, NAME_LENGTH) ?? null,
    }) as Row[]
    return rows.map(({ start_clock: clock, usage }) => ({
      at: now - (steadyNow - (clock as number)),
      usage: usage as string | null,
    }))
  }

  unfinished(): UnfinishedCommand[] {
    const rows = this.#statements.left.all(this.#session.number) as Row[]
    return rows.map((row) => {
      const seq = row.seq as number
      const input = this.#statements.input.get(seq) as Row | undefined
      return unfinishedOf(row, input, this.#statements.runs.all(seq) as Row[])
    })
  }

  #find(id: string): Row | undefined {
    return this.#statements.find.get(id) as Row | undefined
  }

  #resultOf(row: Row): CommandResultPayload | null {
    const kept = this.#statements.result.get(row.seq as number) as Row | undefined
    return kept === undefined ? null : resultOf(row.id as string, kept)
  }
}

function stateOf(row: Row): number {
  return row.state as number
}

/** What every change of a command's state writes. */
function changed(row: Row, state: number): { seq: number; state: number; seal: string } {
  return { seq: row.seq as number, state, seal: sealCommand({ ...sealOf(row), state }) }
}
