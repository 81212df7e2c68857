import { setImmediate as nextTurn } from 'node:timers/promises'
import type { JournalRecord } from '../dispatch/contract.ts'
import { isStoreFailure, reasonOf, unavailable } from './errors.ts'
import { failpoint } from './failpoints.ts'
import type { Memory, Owed } from './memory.ts'
import type { Records } from './records.ts'
import type { Retention } from './retention.ts'
import { type Store, WAL_BYTES } from './store.ts'
import type { OpenJournal, Vault } from './vault.ts'

/** Of one transaction, so that none holds the event loop for long. */
const BATCH = { tasks: 256, bytes: 1024 * 1024 }
/** What may wait for the disk; more is refused at once. */
const WAITING = { tasks: 20_000, bytes: 32 * 1024 * 1024 }
/** How long new commands and questions wait for a disk that does not answer, ms. */
const PATIENCE_MS = 10_000
/** A disk that does not answer for so long is reported, ms. */
const STALL_MS = 3000
/** When writes that need no sync of their own are synced, ms. */
const LAZY_MS = 250

/**
 * - `durable`: answered once it is on the disk.
 * - `lazy`: answered once the kernel has it, which is safe against the end of the agent; on the disk within a quarter of a second
 *   or with the next durable one. For what does no harm when a power cut takes it back.
 * - `read`: in its turn, so that it sees all that was asked before.
 */
export type TaskKind = 'durable' | 'lazy' | 'read'

export interface TaskOptions<T> {
  readonly kind: TaskKind
  readonly run: (records: Records, store: Store) => T
  /** The command it is about; reads of that id come after it. */
  readonly id?: string
  /** Whether it brings a command that nobody knows yet, so that it can be refused. */
  readonly record?: JournalRecord
  /** About how much it writes. */
  readonly bytes?: number
  /** Set where it still holds after a failure. */
  readonly owed?: Owed
  /** Called when it is safe, before the caller is answered. */
  readonly done?: () => void
}

interface Task {
  readonly options: TaskOptions<unknown>
  readonly queuedAt: number
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  /** Whether the open transaction, or a committed one, holds it. */
  applied?: boolean
  /** Set once it is known. */
  answer?: () => void
}

/**
 * Takes all writes in their order and gives them to the disk in batches: everything that is asked for in one turn of the event
 * loop, or while the disk is busy with the batch before, shares one transaction and one sync.
 */
export class Writer {
  readonly #vault: Vault
  readonly #memory: Memory
  readonly #retention: Retention
  #queue: Task[] = []
  #queuedBytes = 0
  /** Ids with writes that are not safe yet. */
  readonly #pending = new Map<string, number>()
  #running: Promise<void> | null = null
  /** Whether something was committed that was not synced. */
  #unsynced = false
  #lazyTimer: NodeJS.Timeout | undefined
  #watch: NodeJS.Timeout | undefined
  #busySince: number | null = null
  #suspicion: unknown
  #closed = false

  constructor(vault: Vault, memory: Memory, retention: Retention) {
    this.#vault = vault
    this.#memory = memory
    this.#retention = retention
  }

  /** Whether the disk keeps a batch waiting for unusually long. */
  get stalledMs(): number {
    const waited = this.#busySince === null ? 0 : performance.now() - this.#busySince
    return waited > STALL_MS ? waited : 0
  }

  /** Whether the database does not know everything about the command yet. */
  isPending(id: string): boolean {
    return this.#pending.has(id)
  }

  /** @throws CommandError `JOURNAL_UNAVAILABLE`, by rejection; or what the task throws. */
  submit<T>(options: TaskOptions<T>): Promise<T> {
    const readable = this.#vault.writable ? null : this.#vault.open
    if (options.kind === 'read' && readable !== null) return this.#readNow(options, readable)
    const refusal = this.#refusal(options)
    if (refusal !== undefined) {
      if (options.owed !== undefined) this.#memory.owe(options.owed, options.record ?? null)
      return Promise.reject(refusal)
    }
    return new Promise<T>((resolve, reject) => {
      const task = { options, queuedAt: performance.now(), resolve: resolve as (value: unknown) => void, reject }
      this.#queue.push(task)
      this.#queuedBytes += options.bytes ?? 0
      this.#mark(task, 1)
      this.#wake()
    })
  }

  /** Something read from the database was not what had been written. The next round deals with it. */
  suspect(error: unknown): void {
    this.#suspicion ??= error
    this.#wake()
  }

  /** Writes what waits. Later tasks are refused. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#lazyTimer)
    while (this.#running !== null) await this.#running
    if (this.#vault.writable)
      await this.#vault
        .require()
        .store.checkpoint()
        .catch(() => {})
  }

  #refusal({ bytes = 0 }: TaskOptions<unknown>): Error | undefined {
    if (this.#closed) return unavailable('it is closed')
    if (!this.#vault.writable) return unavailable(this.#vault.reason ?? 'it is closed')
    const full = this.#queue.length >= WAITING.tasks || this.#queuedBytes + bytes > WAITING.bytes
    return full ? unavailable('the disk of the data folder does not keep up') : undefined
  }

  /** While nothing can be written there is no order to keep. */
  async #readNow<T>({ run }: TaskOptions<T>, { records, store }: OpenJournal): Promise<T> {
    try {
      return run(records, store)
    } catch (error) {
      throw isStoreFailure(error) ? unavailable(reasonOf(error), error) : error
    }
  }

  #wake(): void {
    if (this.#running !== null) return
    this.#running = this.#run().finally(() => {
      this.#running = null
      if (this.#hasWork()) this.#wake()
    })
  }

  #hasWork(): boolean {
    return this.#queue.length > 0 || this.#suspicion !== undefined
  }

  async #run(): Promise<void> {
    // What arrives in the same turn goes into the same batch.
    await nextTurn()
    this.#watch = setInterval(() => this.#refuseOld(), 1000)
    while (this.#hasWork()) await this.#round()
    clearInterval(this.#watch)
  }

  async #round(): Promise<void> {
    const batch: Task[] = []
    this.#busySince = performance.now()
    try {
      if (this.#suspicion !== undefined) throw this.#suspicion
      await this.#write(this.#vault.require(), batch)
    } catch (error) {
      await this.#recover(error, batch)
    } finally {
      this.#busySince = null
    }
  }

  async #write(open: OpenJournal, batch: Task[]): Promise<void> {
    const { store } = open
    await this.#vault.answering()
    await this.#retention.makeRoom(open, Math.min(this.#queuedBytes, BATCH.bytes))
    this.#take(batch)
    const writes = batch.filter(({ options }) => options.kind !== 'read')
    if (writes.length > 0) store.transaction(() => this.#apply(open, batch))
    else this.#apply(open, batch)
    this.#unsynced ||= writes.length > 0
    if (writes.some(({ options }) => options.kind === 'durable')) await this.#sync(store)
    for (const task of batch) this.#settle(task)
    failpoint('journal-settled')
    if (store.walBytes > Math.min(WAL_BYTES, this.#retention.walBytes)) await this.#checkpoint(store)
    else if (this.#unsynced) this.#syncSoon()
  }

  #take(batch: Task[]): void {
    let bytes = 0
    while (this.#queue.length > 0 && batch.length < BATCH.tasks && bytes < BATCH.bytes) {
      const task = this.#queue.shift() as Task
      bytes += task.options.bytes ?? 0
      batch.push(task)
    }
    this.#queuedBytes -= bytes
  }

  #apply({ records, store }: OpenJournal, batch: readonly Task[]): void {
    for (const task of batch) {
      try {
        if (task.options.record !== undefined) this.#retention.requireRoom()
        const value = task.options.run(records, store)
        task.applied = true
        task.answer = () => {
          task.options.done?.()
          task.resolve(value)
        }
      } catch (error) {
        if (isStoreFailure(error)) throw error
        task.answer = () => task.reject(error)
      }
      failpoint('journal-operation')
    }
  }

  async #sync(store: Store): Promise<void> {
    await store.sync()
    this.#vault.answered()
    this.#unsynced = false
  }

  async #checkpoint(store: Store): Promise<void> {
    await store.checkpoint()
    this.#vault.answered()
    this.#unsynced = false
  }

  #syncSoon(): void {
    this.#lazyTimer ??= setTimeout(() => {
      this.#lazyTimer = undefined
      if (this.#unsynced && !this.#closed) this.submit({ kind: 'durable', run: () => {} }).catch(() => {})
    }, LAZY_MS).unref()
  }

  #settle(task: Task): void {
    this.#mark(task, -1)
    task.answer?.()
  }

  /** What was applied may or may not be on the disk: what still holds is made up for, what was refused is taken back. */
  async #recover(error: unknown, batch: readonly Task[]): Promise<void> {
    this.#suspicion = undefined
    this.#unsynced = false
    for (const task of batch) this.#remember(task)
    if (this.#vault.writable) await this.#vault.fail(error)
    const { writable } = this.#vault
    const refused = unavailable(this.#vault.reason ?? 'its last write failed', error)
    for (const task of batch) {
      const madeUpFor = writable && task.options.owed !== undefined
      task.answer = madeUpFor ? () => task.resolve(undefined) : () => task.reject(refused)
      this.#settle(task)
    }
    if (!writable) this.#refuseAll(refused)
  }

  #remember({ options: { owed, record }, applied }: Task): void {
    if (owed !== undefined) this.#memory.owe(owed, record ?? null)
    else if (record !== undefined && applied) this.#memory.doom(record.request.id)
  }

  #refuseAll(refusal: Error): void {
    const waiting = this.#queue
    this.#queue = []
    this.#queuedBytes = 0
    for (const task of waiting) this.#refuse(task, refusal)
  }

  /** New commands and questions do not wait for ever; what has happened does. */
  #refuseOld(): void {
    const limit = performance.now() - PATIENCE_MS
    const isOld = ({ options, queuedAt }: Task) =>
      queuedAt < limit && (options.kind === 'read' || options.record !== undefined)
    const old = this.#queue.filter(isOld)
    this.#queue = this.#queue.filter((task) => !isOld(task))
    for (const task of old) {
      this.#queuedBytes -= task.options.bytes ?? 0
      this.#refuse(task, unavailable('the disk of the data folder does not answer'))
    }
  }

  /** It was not applied, so there is nothing to take back. */
  #refuse(task: Task, refusal: Error): void {
    if (task.options.owed !== undefined) this.#memory.owe(task.options.owed, task.options.record ?? null)
    task.answer = () => task.reject(refusal)
    this.#settle(task)
  }

  #mark({ options: { id, kind } }: Task, change: 1 | -1): void {
    if (id === undefined || kind === 'read') return
    const count = (this.#pending.get(id) ?? 0) + change
    if (count === 0) this.#pending.delete(id)
    else this.#pending.set(id, count)
  }
}
