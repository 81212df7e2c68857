import { setImmediate as nextTurn } from 'node:timers/promises'
import { isStoreFailure, reasonOf, unavailable } from './errors.ts'
import { failpoint } from './failpoints.ts'
import type { Memory } from './memory.ts'
import type { Retention } from './retention.ts'
import type { Store } from './store.ts'
import { GATHER_MS, type Task, type TaskOptions, TaskQueue } from './task-queue.ts'
import type { OpenJournal, Vault } from './vault.ts'

/** How long new commands and questions wait for a disk that does not answer, ms. */
const PATIENCE_MS = 10_000
/** A disk that does not answer for so long is reported, ms. */
const STALL_MS = 3000
/** When writes that need no sync of their own are synced, ms. */
const LAZY_MS = 250

/**
 * Takes all writes in their order and gives them to the disk in batches: everything that is asked for in one turn of the event
 * loop, or while the disk is busy with the batch before, shares one transaction and one sync.
 */
export class Writer {
  readonly #vault: Vault
  readonly #memory: Memory
  readonly #retention: Retention
  readonly #queue = new TaskQueue()
  #running: Promise<void> | null = null
  /** Whether something was committed that was not synced. */
  #unsynced = false
  #lazyTimer: NodeJS.Timeout | undefined
  #gatherTimer: NodeJS.Timeout | undefined
  /** Whether lazy tasks have waited long enough. */
  #gathered = false
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
    return this.#queue.isPending(id)
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
      this.#queue.add(task)
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
    if (this.#hasWork()) this.#wake()
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
    return this.#queue.isTooMuch(bytes) ? unavailable('the disk of the data folder does not keep up') : undefined
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
    if (!this.#isUrgent()) {
      this.#gatherTimer ??= setTimeout(() => {
        this.#gatherTimer = undefined
        this.#gathered = true
        if (this.#hasWork()) this.#wake()
      }, GATHER_MS)
      return
    }
    this.#running = this.#run().finally(() => {
      this.#running = null
      if (this.#hasWork()) this.#wake()
    })
  }

  /** What comes next waits its whole time: the timer of what was just taken would end it early. */
  #beginGathering(): void {
    clearTimeout(this.#gatherTimer)
    this.#gatherTimer = undefined
    this.#gathered = false
  }

  #hasWork(): boolean {
    return this.#queue.length > 0 || this.#suspicion !== undefined
  }

  /** A command makes four writes and waits for two of them; each of the others would cost a transaction of its own. */
  #isUrgent(): boolean {
    if (this.#suspicion !== undefined) return true
    return this.#queue.isUrgent || (this.#queue.length > 0 && (this.#gathered || this.#closed))
  }

  async #run(): Promise<void> {
    // What arrives in the same turn goes into the same batch.
    await nextTurn()
    this.#watch = setInterval(() => this.#refuseOld(), 1000)
    while (this.#isUrgent()) await this.#round()
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
    await this.#retention.makeRoom(open, this.#queue.nextBytes, this.#vault.freeBytes)
    this.#queue.take(batch)
    this.#beginGathering()
    const writes = batch.filter(({ options }) => options.kind !== 'read')
    if (writes.length > 0) store.transaction(() => this.#apply(open, batch))
    else this.#apply(open, batch)
    this.#unsynced ||= writes.length > 0
    if (writes.some(({ options }) => options.kind === 'durable')) await this.#sync(store)
    for (const task of batch) this.#queue.settle(task)
    failpoint('journal-settled')
    const mostLog = this.#retention.walBytes(this.#vault.freeBytes)
    if (store.isLogBeyond(mostLog)) await this.#checkpoint(store, mostLog)
    else if (this.#unsynced) this.#syncSoon()
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
    this.#vault.heard()
    this.#unsynced = false
  }

  async #checkpoint(store: Store, keepBytes: number): Promise<void> {
    await store.checkpoint(keepBytes)
    this.#unsynced = false
  }

  #syncSoon(): void {
    this.#lazyTimer ??= setTimeout(() => {
      this.#lazyTimer = undefined
      if (this.#unsynced && !this.#closed) this.submit({ kind: 'durable', run: () => {} }).catch(() => {})
    }, LAZY_MS).unref()
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
      this.#queue.settle(task)
    }
    if (!writable) for (const task of this.#queue.remove(() => true)) this.#refuse(task, refused)
  }

  #remember({ options: { owed, record }, applied }: Task): void {
    if (owed !== undefined) this.#memory.owe(owed, record ?? null)
    else if (record !== undefined && applied) this.#memory.doom(record.request.id)
  }

  /** New commands and questions do not wait for ever; what has happened does. */
  #refuseOld(): void {
    const limit = performance.now() - PATIENCE_MS
    const isOld = ({ options, queuedAt }: Task) =>
      queuedAt < limit && (options.kind === 'read' || options.record !== undefined)
    const silent = unavailable('the disk of the data folder does not answer')
    for (const task of this.#queue.remove(isOld)) this.#refuse(task, silent)
  }

  /** It was not applied, so there is nothing to take back. */
  #refuse(task: Task, refusal: Error): void {
    if (task.options.owed !== undefined) this.#memory.owe(task.options.owed, task.options.record ?? null)
    task.answer = () => task.reject(refusal)
    this.#queue.settle(task)
  }
}
