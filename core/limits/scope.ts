/** How many may run, and how many may wait for them to end. */
export interface Room {
  readonly concurrent: number
  readonly queued: number
}

/** One command's place in a scope. */
export interface Hold {
  /**
   * Waits until it may run, in the order of the calls.
   *
   * @returns false where the signal aborted first.
   */
  begin(signal: AbortSignal): Promise<boolean>
  /** It runs, and ends then at the latest, by performance.now(). */
  endsBy(at: number): void
  /** Gives the place back. A second call does nothing. */
  release(): void
}

/**
 * Places that run out: of a command type, a plugin, a user, a role, the agent. Its room may change while commands run; those that run
 * count all the same. By hand, because a semaphore's number of permits is fixed, and who waits for one can't be withdrawn.
 */
export class Scope {
  #room: Room
  /** Those that run, each with its latest end. */
  readonly #running = new Map<Hold, number>()
  /** Those that wait, and how they are told to begin. */
  readonly #waiting = new Map<Hold, () => void>()
  /** Admitted, and neither running nor given back. */
  readonly #admitted = new Set<Hold>()

  constructor(room: Room) {
    this.#room = room
  }

  get room(): Room {
    return this.#room
  }

  set room(room: Room) {
    this.#room = room
    this.#wake()
  }

  get running(): number {
    return this.#running.size
  }

  get waiting(): number {
    return this.#admitted.size
  }

  get hasPlace(): boolean {
    return this.running + this.waiting < this.#room.concurrent + this.#room.queued
  }

  /** When the first of those that run has ended at the latest; infinity where none runs. */
  get soonestEnd(): number {
    return Math.min(...this.#running.values())
  }

  /** Takes a place, to run or to wait. */
  admit(): Hold {
    const hold: Hold = {
      begin: (signal) => this.#begin(hold, signal),
      endsBy: (at) => {
        if (this.#running.has(hold)) this.#running.set(hold, at)
      },
      release: () => {
        this.#admitted.delete(hold)
        this.#waiting.delete(hold)
        if (this.#running.delete(hold)) this.#wake()
      },
    }
    this.#admitted.add(hold)
    return hold
  }

  async #begin(hold: Hold, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false
    if (this.#waiting.size === 0 && this.running < this.#room.concurrent) {
      this.#start(hold)
      return true
    }
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const abort = () => {
      this.#waiting.delete(hold)
      resolve(false)
    }
    this.#waiting.set(hold, () => resolve(true))
    signal.addEventListener('abort', abort, { once: true })
    const begun = await promise
    signal.removeEventListener('abort', abort)
    return begun
  }

  #start(hold: Hold): void {
    this.#admitted.delete(hold)
    this.#running.set(hold, Number.POSITIVE_INFINITY)
  }

  #wake(): void {
    for (const [hold, begin] of this.#waiting) {
      if (this.running >= this.#room.concurrent) return
      this.#waiting.delete(hold)
      this.#start(hold)
      begin()
    }
  }
}
