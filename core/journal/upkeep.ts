import type { Logger } from '@gururmm/plugin-sdk'
import { isStoreFailure } from './errors.ts'
import type { Retention } from './retention.ts'
import type { Vault } from './vault.ts'
import { verifyAll } from './verify.ts'
import type { Writer } from './writer.ts'

/** A clock that is wrong at boot has been put right by then, before anything is dropped for its age. */
const FIRST_MS = 10 * 60_000
const EVERY_MS = 60 * 60_000
const VERIFY_EVERY = 24

/** What the journal does by itself: retention every hour, a look through all of it at the start and every day. */
export class Upkeep {
  readonly #vault: Vault
  readonly #writer: Writer
  readonly #retention: Retention
  readonly #logger: Logger
  readonly #stop = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #rounds = 0

  constructor(vault: Vault, writer: Writer, retention: Retention, logger: Logger) {
    this.#vault = vault
    this.#writer = writer
    this.#retention = retention
    this.#logger = logger
  }

  begin(): void {
    void this.#verify()
    this.#schedule(FIRST_MS)
  }

  end(): void {
    this.#stop.abort()
    clearTimeout(this.#timer)
  }

  /** Drops what is due, a step at a time between the writes of commands. */
  async maintain(): Promise<void> {
    for (let more = true; more; ) {
      more = await this.#writer.submit({ kind: 'lazy', run: (records) => this.#retention.expire(records) })
    }
    for (let more = true; more; ) {
      more = await this.#writer.submit({ kind: 'lazy', run: (_records, store) => this.#retention.vacuum(store) })
    }
  }

  #schedule(after: number): void {
    this.#timer = setTimeout(() => void this.#round(), after)
    this.#timer.unref()
  }

  async #round(): Promise<void> {
    this.#rounds++
    await this.maintain().catch((error: unknown) =>
      this.#logger.warn({ err: error }, 'old commands could not be dropped'),
    )
    if (this.#rounds % VERIFY_EVERY === 0) await this.#verify()
    if (!this.#stop.signal.aborted) this.#schedule(EVERY_MS)
  }

  async #verify(): Promise<void> {
    try {
      await verifyAll(() => this.#vault.open, this.#stop.signal)
    } catch (error) {
      if (isStoreFailure(error)) this.#writer.suspect(error)
      else if (!this.#stop.signal.aborted) this.#logger.warn({ err: error }, 'the journal could not be looked through')
    }
  }
}
