import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from './clock.ts'
import type { Damage, JournalClock, JournalOptions } from './contract.ts'
import {
  isTorn,
  keepDamaged,
  keepRest,
  markBegun,
  markClosed,
  markOpen,
  pendingSalvage,
  setAside,
  whatIsMissing,
} from './damage.ts'
import type { Disk } from './disk.ts'
import { isDamage, reasonOf, unavailable } from './errors.ts'
import { failpoint } from './failpoints.ts'
import { lockDirectory, type Unlock } from './lock.ts'
import { inspectLog } from './log-inspection.ts'
import type { Memory } from './memory.ts'
import { Records } from './records.ts'
import { salvage } from './salvage.ts'
import { type JournalSession, nextSession, recordSession } from './session.ts'
import { FILES, openStore, type Store } from './store.ts'

const RETRY_MS = { first: 500, most: 30_000 }
/** How long a look at the free room serves while there is plenty of it, ms and bytes. */
const PLENTY = { ms: 1000, bytes: 256 * 1024 * 1024 }
/** For so long after its last sync a disk is taken to be one that answers, ms; asking takes as long as the sync itself. */
const TRUSTED_MS = 20
/** Written on trial before a disk that failed is trusted again, so that a full one with a few bytes left is not. */
const TRIAL = '.'.repeat(65_536)

/** The journal as it can be read; written only while {@link Vault.writable}. */
export interface OpenJournal {
  readonly store: Store
  readonly records: Records
}

/**
 * The journal's files through good and bad times: opens them, replaces damaged ones, and after a failure of the disk tries again
 * until it works. Only the writer may call {@link Vault.fail}, while it writes nothing.
 */
export class Vault {
  readonly clock: JournalClock
  damage: Damage | null = null
  /** Why nothing can be written; null: all is well. */
  reason: string | null = 'it is being opened'
  since: number | null
  /** Bytes that the file system had left a moment ago. */
  freeBytes = 0
  readonly #options: JournalOptions
  readonly #disk: Disk
  readonly #memory: Memory
  readonly #changed: () => void
  #open: OpenJournal | null = null
  #unlock: Unlock | null = null
  #probe: number | null = null
  #session: JournalSession | null = null
  #lookedAt = Number.NEGATIVE_INFINITY
  #heardAt = Number.NEGATIVE_INFINITY
  #retryMs = RETRY_MS.first
  #retry: NodeJS.Timeout | undefined
  #attempt: Promise<void> | null = null
  #closed = false

  /** @param changed called when `reason` or `damage` changed. */
  constructor(options: JournalOptions, disk: Disk, memory: Memory, changed: () => void) {
    this.#options = options
    this.#disk = disk
    this.#memory = memory
    this.#changed = changed
    this.clock = options.clock ?? systemClock
    this.since = this.clock.now()
  }

  /** For reads, which may work while writes do not. */
  get open(): OpenJournal | null {
    return this.#open
  }

  get writable(): boolean {
    return this.reason === null
  }

  /** Time that never jumps; see steadyClock. */
  steady(): number {
    return this.#session?.steady() ?? this.clock.now()
  }

  /** @throws CommandError `AGENT_LOCKED`. Every other trouble becomes {@link Vault.reason} and is tried again. */
  async begin(): Promise<void> {
    try {
      this.#lock()
    } catch (error) {
      if ((error as { code?: unknown }).code === 'AGENT_LOCKED') throw error
    }
    await this.#attemptNow()
  }

  /** @throws CommandError `JOURNAL_UNAVAILABLE`. */
  require(): OpenJournal {
    if (this.#open === null || this.reason !== null) throw unavailable(this.reason ?? 'it is closed')
    return this.#open
  }

  /** The disk has just done what it was asked for. */
  heard(): void {
    this.#heardAt = performance.now()
  }

  /** Resolves once the disk takes writes, so that none waits for it on the event loop. */
  async answering(): Promise<void> {
    const now = performance.now()
    const asked: Promise<void>[] = []
    if (this.#probe !== null && now - this.#heardAt > TRUSTED_MS) asked.push(this.#disk.touch(this.#probe))
    if (this.freeBytes <= PLENTY.bytes || now - this.#lookedAt >= PLENTY.ms) asked.push(this.#lookAtRoom())
    // Together: a command waits for them.
    await Promise.all(asked)
  }

  async #lookAtRoom(): Promise<void> {
    this.freeBytes = await this.#disk.free(this.#options.directory)
    this.#lookedAt = performance.now()
  }

  /** Something went wrong. Resolves after one attempt to mend it at once. */
  async fail(error: unknown): Promise<void> {
    this.#setReason(reasonOf(error), error)
    await this.#attemptNow(error)
  }

  /** Gives everything back. Nothing may be written meanwhile. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#retry)
    await this.#attempt
    this.reason ??= 'it is closed'
    this.#closeStore()
    if (this.#probe !== null) closeSync(this.#probe)
    this.#probe = null
    this.#unlock?.()
    this.#unlock = null
  }

  #attemptNow(cause?: unknown): Promise<void> {
    clearTimeout(this.#retry)
    this.#attempt ??= this.#establish(cause)
      .catch((error: unknown) => this.#postpone(error))
      .finally(() => {
        this.#attempt = null
      })
    return this.#attempt
  }

  #postpone(error: unknown): void {
    this.#setReason(reasonOf(error), error)
    if (this.#closed) return
    this.#retry = setTimeout(() => void this.#attemptNow(error), this.#retryMs)
    this.#retry.unref()
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS.most)
  }

  /** From whatever there is to a journal that can be written. @param cause why the last one could not; undefined at first. */
  async #establish(cause: unknown): Promise<void> {
    this.#lock()
    failpoint('journal-locked')
    await this.#askDisk(cause !== undefined)
    this.#closeStore()
    const { store, damage } = await this.#openStore(cause)
    try {
      await this.#salvage(store, damage)
      this.#session ??= nextSession(store, this.clock)
      this.#open = { store, records: new Records(store, this.#session) }
    } catch (error) {
      store.close()
      throw error
    }
    await this.#catchUp(this.#open, this.#session, cause !== undefined)
    failpoint('journal-reconciled')
    markOpen(this.#options.directory)
    markBegun(this.#options.directory)
    this.#retryMs = RETRY_MS.first
    this.#setReason(null)
  }

  #lock(): void {
    if (this.#unlock !== null) return
    const { directory } = this.#options
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    this.#unlock = lockDirectory(directory)
  }

  async #askDisk(afterFailure: boolean): Promise<void> {
    this.#probe ??= openSync(join(this.#options.directory, 'probe'), 'w', 0o600)
    // Tried before the database is closed: while a write can't succeed, it can still be read.
    await this.#disk.touch(this.#probe, afterFailure ? TRIAL.length : 1)
    if (afterFailure) await this.#disk.sync(this.#probe)
  }

  /** Opens what is there, or begins anew where that is damaged. */
  async #openStore(cause: unknown): Promise<{ store: Store; damage: string | null }> {
    const { directory } = this.#options
    const now = this.clock.now()
    const known = isDamage(cause) ? reasonOf(cause) : whatIsMissing(directory)
    const log = inspectLog(join(directory, FILES[1]))
    if (log.rest !== '') await keepRest(directory, now, log)
    // SQLite removes the log when it closes the database, also after an attempt that failed.
    markClosed(directory)
    if (known !== null) setAside(directory, now)
    const damage = known ?? (log.damaged ? 'the journal’s log is damaged' : null)
    try {
      return { store: await openStore(directory, this.#disk), damage }
    } catch (error) {
      if (!isDamage(error)) throw error
      setAside(directory, now)
      return { store: await openStore(directory, this.#disk), damage: reasonOf(error) }
    }
  }

  /** Reads back what was set aside, also that at which an earlier process was interrupted. */
  async #salvage(store: Store, damage: string | null): Promise<void> {
    const { directory } = this.#options
    const files = pendingSalvage(directory)
    if (files.length === 0 && damage === null) return
    const found = await salvage(store, files)
    await store.checkpoint()
    failpoint('journal-salvaged')
    if (damage === null && files.every(isTorn)) {
      for (const file of files) rmSync(file)
      this.#options.logger.warn(
        found,
        'the end of the journal’s log was torn, as by a power cut; what stood whole in it is kept',
      )
      return
    }
    const setAside = keepDamaged(directory, files)
    this.damage = { at: this.clock.now(), reason: damage ?? 'the journal was damaged', setAside, ...found }
    this.#options.logger.error({ damage: this.damage }, 'the journal was damaged; what could be read of it is kept')
    this.#changed()
  }

  /** Brings the disk to what this process knows; after a failure on trial. */
  async #catchUp({ store, records }: OpenJournal, session: JournalSession, onTrial: boolean): Promise<void> {
    if (onTrial) {
      store.transaction(() => store.db.prepare("INSERT OR REPLACE INTO result VALUES (-1, '', ?)").run(TRIAL))
      store.transaction(() => store.db.exec('DELETE FROM result WHERE seq = -1'))
    }
    do {
      let settled = () => {}
      store.transaction(() => {
        recordSession(store, session)
        settled = this.#memory.reconcile(records)
      })
      await store.checkpoint()
      settled()
    } while (this.#memory.owes)
  }

  #closeStore(): void {
    const open = this.#open
    this.#open = null
    if (open === null) return
    markClosed(this.#options.directory)
    open.store.close()
  }

  #setReason(reason: string | null, cause?: unknown): void {
    if (reason === this.reason) return
    const wasWritable = this.writable
    this.reason = reason
    if (reason === null) this.since = null
    else if (wasWritable) this.since = this.clock.now()
    if (reason === null) this.#options.logger.info({}, 'the journal records commands')
    else this.#options.logger.error({ err: cause }, `no command can be recorded: ${reason}`)
    this.#changed()
  }
}
