import type { JournalEntry, JournalRecord, OutboxPage } from '../dispatch/contract.ts'
import type { CommandResultPayload } from '../protocol/messages.ts'
import type { By, HistoryDetail, RunMark, Spent, UnfinishedCommand } from './contract.ts'
import { idTaken } from './errors.ts'
import { type KnownCommand, KnownCommands, knownOf, written } from './known-commands.ts'
import type { PreparedInput, PreparedResult } from './prepared.ts'
import { historyDetailOf, journalEntryOf, type Row, resultOf, sealOf, unfinishedOf } from './rows.ts'
import { STATE } from './schema.ts'
import { sealCommand } from './seal.ts'
import type { JournalSession } from './session.ts'
import { nameOf, startsOf } from './starts.ts'
import { type Statements, statementsOf } from './statements.ts'
import type { Store } from './store.ts'

/** Shorter ones take less than half a page. */
const BULKY_BYTES = 2048

/**
 * What is kept of commands, as plain calls on one open database. Writes belong inside {@link Store.transaction}. An unknown id
 * changes nothing.
 */
export class Records {
  readonly #statements: Statements
  readonly #session: JournalSession
  readonly #known = new KnownCommands()
  /** How many results wait for the server. */
  waiting: number

  constructor(store: Store, session: JournalSession) {
    this.#statements = statementsOf(store.db)
    this.#session = session
    this.waiting = Number(this.#statements.countWaiting.get()?.waiting)
  }

  /** @throws CommandError `COMMAND_ID_REUSED` where the id is there already. */
  insert(record: JournalRecord, input: PreparedInput): void {
    if (!this.#insertNew(record, input)) throw idTaken(record.request.id)
  }

  /** @returns false where the id is there already. */
  #insertNew({ request, plugin, afterCrash, receivedAt }: JournalRecord, input: PreparedInput): boolean {
    const { id, origin, requester, digest } = request
    const { number: session, steady } = this.#session
    const seal = { state: STATE.accepted, origin, id, digest }
    const acceptClock = steady()
    const { lastInsertRowid, changes } = this.#statements.insert.run(
      sealCommand(seal),
      id,
      seal.state,
      session,
      origin,
      nameOf(request.type),
      plugin,
      nameOf(requester.user),
      nameOf(requester.role),
      afterCrash === 'rerun' ? 1 : 0,
      request.elevated ? 1 : 0,
      request.timeoutSeconds,
      request.expiresAt,
      receivedAt,
      acceptClock,
    )
    if (changes === 0) return false
    const seq = Number(lastInsertRowid)
    this.#statements.insertInput.run(seq, input.json, input.commandText, input.intact ? 1 : 0)
    this.#known.add({ ...seal, seq, session, acceptClock, startClock: null, runs: false })
    return true
  }

  /** A command that is started anew runs again. */
  start(id: string, startedAt: number): void {
    const command = this.#toWrite(id)
    if (command === undefined || command.state > STATE.running) return
    command.state = STATE.running
    command.session = this.#session.number
    command.startClock = this.#session.steady()
    const { state, session, startClock, seq } = command
    written(command, this.#statements.start.run(sealCommand(command), state, session, startedAt, startClock, seq))
  }

  /** @throws CommandError `COMMAND_ID_REUSED` where it has another result already. */
  finish(id: string, { json, seal, exitCode, errorCode, durationMs, usage }: PreparedResult, counts = true): void {
    const command = this.#toWrite(id)
    if (command === undefined) return
    const { seq } = command
    if (command.state >= STATE.finished) {
      if (this.#statements.result.get(seq)?.json !== json) throw idTaken(id)
      return
    }
    const { clock, steady } = this.#session
    const waits = command.origin === 'server'
    this.#statements.insertResult.run(seq, seal, json)
    command.state = waits ? STATE.finished : STATE.acknowledged
    const told = [exitCode, errorCode, durationMs, usage] as const
    const order = waits ? ++this.#session.order : null
    const sealed = sealCommand(command)
    written(command, this.#statements.finish.run(sealed, command.state, clock.now(), steady(), order, ...told, seq))
    this.#countStart(command, counts)
    if (command.runs) this.#statements.removeRuns.run(seq)
    if (waits) this.waiting++
    else this.#known.forget(id)
  }

  /** Left by another process before its start was recorded, a command may have run, so it counts for rate limits. */
  #countStart({ seq, session, acceptClock, startClock }: KnownCommand, counts: boolean): void {
    const left = session === this.#session.number ? null : acceptClock
    const counted = counts ? (startClock ?? left) : null
    if (counted !== startClock) this.#statements.count.run(counted, seq)
  }

  /** A command that does not run: recorded and ended at once. May be repeated. @throws like insert and finish. */
  refuse(record: JournalRecord, input: PreparedInput, result: PreparedResult): void {
    this.#insertNew(record, input)
    this.finish(record.request.id, result)
  }

  acknowledge(id: string): void {
    const command = this.#toWrite(id)
    if (command === undefined || command.state !== STATE.finished) return
    command.state = STATE.acknowledged
    const { clock, steady } = this.#session
    const seal = sealCommand(command)
    written(command, this.#statements.acknowledge.run(seal, command.state, clock.now(), steady(), command.seq))
    this.#known.forget(id)
    this.waiting--
  }

  /** Leaves only the tombstone of an ended command. */
  bury(row: Row): void {
    const seal = sealOf(row)
    if (seal.state === STATE.finished) this.waiting--
    this.#known.forget(seal.id)
    this.#statements.bury.run(sealCommand({ ...seal, state: STATE.tombstone }), STATE.tombstone, row.seq as number)
    for (const removal of this.#statements.removePayloads) removal.run(row.seq as number)
  }

  /** Replaces the result of an ended command, and leaves out its input. */
  shorten(row: Row, { json, seal }: PreparedResult): void {
    this.#statements.replaceResult.run(seal, json, row.seq as number)
    this.#statements.removeInput.run(row.seq as number)
  }

  /** Forgets an ended command. */
  forget(row: Row): void {
    this.#known.forget(row.id as string)
    for (const removal of this.#statements.removals) removal.run(row.seq as number)
  }

  recordRun(id: string, { pid, startTime, marker }: RunMark): void {
    const command = this.#toWrite(id)
    if (command === undefined || command.state > STATE.running) return
    command.runs = true
    this.#statements.insertRun.run(command.seq, pid, startTime, marker)
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
    return startsOf(this.#statements, this.#session, type, since, by).map(({ at }) => at)
  }

  /** What the results of the commands that started since then tell of one key of their usage. */
  usageSince(type: string, key: string, since: number, by: By = {}): Spent[] {
    return startsOf(this.#statements, this.#session, type, since, by).flatMap(({ at, usage }) => {
      const used = usage === null ? {} : (JSON.parse(usage) as Record<string, number>)
      return Object.hasOwn(used, key) ? [{ at, value: used[key] as number }] : []
    })
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

  /** As it was written last; what was written by others is read, and checked. @throws DamageError */
  #toWrite(id: string): KnownCommand | undefined {
    const known = this.#known.get(id)
    if (known !== undefined) return known
    const row = this.#find(id)
    return row && knownOf(row)
  }

  #resultOf(row: Row): CommandResultPayload | null {
    const kept = this.#statements.result.get(row.seq as number) as Row | undefined
    return kept === undefined ? null : resultOf(row.id as string, kept)
  }
}
