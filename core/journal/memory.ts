import type { JournalEntry, JournalRecord } from '../dispatch/contract.ts'
import type { CommandResultPayload } from '../protocol/messages.ts'
import { isStoreFailure } from './errors.ts'
import type { PreparedInput } from './prepared.ts'
import type { Records } from './records.ts'

/** What is owed to the disk at once, in bytes; beyond, the oldest is forgotten. */
const OWED_BYTES = 8 * 1024 * 1024

/** A write that failed and whose content still holds: it is made up for once the disk is back. */
export interface Owed {
  readonly id: string
  readonly bytes: number
  /** The end of the command, where this write was to record it. */
  readonly result?: CommandResultPayload
  readonly run: (records: Records) => void
}

interface Open {
  readonly record: JournalRecord
  readonly input: PreparedInput
  startedAt: number | null
}

/**
 * What this process knows better than the disk: which commands it has taken and not ended, and what it could not write. Brought
 * together with the database each time that one is opened.
 */
export class Memory {
  readonly #open = new Map<string, Open>()
  readonly #owed = new Map<Owed, JournalRecord | null>()
  /** Perhaps on the disk, though whoever sent them was told that they are not recorded. */
  readonly #doomed = new Set<string>()
  #owedBytes = 0

  accepted(record: JournalRecord, input: PreparedInput): void {
    this.#open.set(record.request.id, { record, input, startedAt: null })
  }

  started(id: string, startedAt: number): void {
    const open = this.#open.get(id)
    if (open !== undefined) open.startedAt = startedAt
  }

  finished(id: string): void {
    this.#open.delete(id)
  }

  /** The command's acceptance failed: it must not be found on the disk later. */
  doom(id: string): void {
    this.#doomed.add(id)
  }

  /** @param record where the write is the first of its command. */
  owe(owed: Owed, record: JournalRecord | null): void {
    this.#owed.set(owed, record ?? this.#open.get(owed.id)?.record ?? null)
    this.#owedBytes += owed.bytes
    for (const oldest of this.#owed.keys()) {
      if (this.#owedBytes <= OWED_BYTES) break
      this.#forget(oldest)
    }
  }

  /** A command whose end is known here and not on the disk. */
  lookup(id: string): JournalEntry | undefined {
    for (const [owed, record] of this.#owed) {
      if (owed.id !== id || owed.result === undefined || record === null) continue
      const { digest, origin } = record.request
      return { id, digest, origin, state: 'finished', result: owed.result }
    }
    return undefined
  }

  /** Whether something waits to be written. */
  get owes(): boolean {
    return this.#owed.size + this.#doomed.size > 0
  }

  /**
   * Writes the difference. Belongs inside a transaction.
   *
   * @returns what to call once that is on the disk.
   */
  reconcile(records: Records): () => void {
    const doomed = [...this.#doomed]
    const owed = [...this.#owed.keys()]
    for (const id of doomed) records.remove(id)
    for (const [id, { record, input, startedAt }] of this.#open) {
      if (records.has(id)) continue
      records.insert(record, input)
      if (startedAt !== null) records.start(id, startedAt)
    }
    for (const { run } of owed) unlessRefused(() => run(records))
    return () => {
      for (const id of doomed) this.#doomed.delete(id)
      for (const write of owed) this.#forget(write)
    }
  }

  #forget(owed: Owed): void {
    if (!this.#owed.delete(owed)) return
    this.#owedBytes -= owed.bytes
    if (owed.result !== undefined) this.#open.delete(owed.id)
  }
}

/** A write that the records refuse, because the id has its end already, is not owed any more. */
function unlessRefused(write: () => void): void {
  try {
    write()
  } catch (error) {
    if (isStoreFailure(error)) throw error
  }
}
