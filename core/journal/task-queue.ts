import type { JournalRecord } from '../dispatch/contract.ts'
import type { Owed } from './memory.ts'
import type { Records } from './records.ts'
import type { Store } from './store.ts'

/** Of one transaction, so that none holds the event loop for long. */
const BATCH = { tasks: 256, bytes: 1024 * 1024 }
/** What may wait for the disk; more is refused at once. */
const WAITING = { tasks: 20_000, bytes: 32 * 1024 * 1024 }

/** How long what nobody waits for may wait for others to share its transaction with, ms. */
export const GATHER_MS = 5

/**
 * - `durable`: answered once it is on the disk.
 * - `lazy`: answered once the kernel has it, which is safe against the end of the agent, with the next other task or after
 *   {@link GATHER_MS}; on the disk within a quarter of a second or with the next durable one. For what does no harm when a power
 *   cut takes it back.
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

export interface Task {
  readonly options: TaskOptions<unknown>
  readonly queuedAt: number
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  /** Whether the open transaction, or a committed one, holds it. */
  applied?: boolean
  /** Set once it is known. */
  answer?: () => void
}

/** Tasks in the order in which they were asked for, within bounds. */
export class TaskQueue {
  #tasks: Task[] = []
  #bytes = 0
  /** Those of other kinds than `lazy`. */
  #urgent = 0
  /** Ids with writes that are not safe yet, waiting or taken. */
  readonly #pending = new Map<string, number>()

  get length(): number {
    return this.#tasks.length
  }

  /** Whether somebody waits, or there is a whole transaction's worth of what nobody waits for. */
  get isUrgent(): boolean {
    return this.#urgent > 0 || this.#tasks.length >= BATCH.tasks
  }

  /** About what the next batch writes. */
  get nextBytes(): number {
    return Math.min(this.#bytes, BATCH.bytes)
  }

  /** Whether the database does not know everything about the command yet. */
  isPending(id: string): boolean {
    return this.#pending.has(id)
  }

  /** Whether so much waits already that this is too much. */
  isTooMuch(bytes: number): boolean {
    return this.#tasks.length >= WAITING.tasks || this.#bytes + bytes > WAITING.bytes
  }

  add(task: Task): void {
    this.#tasks.push(task)
    this.#count(task, 1)
    this.#mark(task, 1)
  }

  /** Takes the tasks of one transaction off its front. Each is owed a {@link TaskQueue.settle}. */
  take(batch: Task[]): void {
    let bytes = 0
    while (this.#tasks.length > 0 && batch.length < BATCH.tasks && bytes < BATCH.bytes) {
      const task = this.#tasks.shift() as Task
      bytes += bytesOf(task)
      this.#count(task, -1)
      batch.push(task)
    }
  }

  /** Takes out those that `chosen` names. Each is owed a {@link TaskQueue.settle}. */
  remove(chosen: (task: Task) => boolean): Task[] {
    const removed = this.#tasks.filter(chosen)
    this.#tasks = this.#tasks.filter((task) => !chosen(task))
    for (const task of removed) this.#count(task, -1)
    return removed
  }

  /** Answers a task that was taken or removed. */
  settle(task: Task): void {
    this.#mark(task, -1)
    task.answer?.()
  }

  #count(task: Task, change: 1 | -1): void {
    this.#bytes += change * bytesOf(task)
    if (task.options.kind !== 'lazy') this.#urgent += change
  }

  #mark({ options: { id, kind } }: Task, change: 1 | -1): void {
    if (id === undefined || kind === 'read') return
    const count = (this.#pending.get(id) ?? 0) + change
    if (count === 0) this.#pending.delete(id)
    else this.#pending.set(id, count)
  }
}

function bytesOf({ options }: Task): number {
  return options.bytes ?? 0
}
