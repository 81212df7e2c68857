/** Whose starts are counted: all of a type's, one user's (null: of those who named none), or a role's. */
export interface By {
  readonly user?: string | null
  readonly role?: string
}

/** Where the starts before this process are known from; see Journal.startsSince. */
export type StartsSince = (type: string, since: number, by: By) => Promise<readonly number[]>

/** The starts of one kind of command, as far back as anybody asked. */
export interface RateWindow {
  /** In ms, oldest first. */
  starts: number[]
  reachesBackMs: number
}

/** Empty ones are looked for when there are so many: users come and go. */
const TIDY_FROM = 256

/** Rolling windows of starts, filled from the journal at first use, so that a restart does not empty them. */
export class RateWindows {
  readonly #startsSince: StartsSince
  readonly #now: () => number
  readonly #windows = new Map<string, Promise<RateWindow>>()

  constructor(startsSince: StartsSince, now: () => number) {
    this.#startsSince = startsSince
    this.#now = now
  }

  /** @throws what the journal says; it is asked again at the next command. */
  async of(type: string, by: By, windowMs: number): Promise<RateWindow> {
    const key = JSON.stringify([type, by.user, by.role])
    const known = this.#windows.get(key)
    const window =
      known === undefined ? this.#fill(key, type, by, windowMs) : this.#extend(await known, type, by, windowMs)
    return await window
  }

  #fill(key: string, type: string, by: By, windowMs: number): Promise<RateWindow> {
    if (this.#windows.size >= TIDY_FROM) void this.#tidy()
    const filled = this.#startsSince(type, this.#now() - windowMs, by).then((starts) => ({
      starts: [...starts],
      reachesBackMs: windowMs,
    }))
    filled.catch(() => this.#windows.delete(key))
    this.#windows.set(key, filled)
    return filled
  }

  /** The window of the config became longer: what was before this one is added. */
  async #extend(window: RateWindow, type: string, by: By, windowMs: number): Promise<RateWindow> {
    if (windowMs <= window.reachesBackMs) return window
    const begin = this.#now() - window.reachesBackMs
    const starts = await this.#startsSince(type, this.#now() - windowMs, by)
    if (windowMs > window.reachesBackMs) {
      window.starts = [...starts.filter((start) => start < begin), ...window.starts.filter((start) => start >= begin)]
      window.reachesBackMs = windowMs
    }
    return window
  }

  async #tidy(): Promise<void> {
    for (const [key, filling] of this.#windows) {
      const window = await filling.catch(() => null)
      if (window !== null && startsWithin(window, window.reachesBackMs, this.#now()).length > 0) continue
      if (this.#windows.get(key) === filling) this.#windows.delete(key)
    }
  }
}

/** The starts of the last so many ms; those that no window reaches any more are forgotten. */
export function startsWithin(window: RateWindow, windowMs: number, now: number): readonly number[] {
  window.starts = window.starts.filter((start) => start > now - window.reachesBackMs)
  return window.reachesBackMs === windowMs ? window.starts : window.starts.filter((start) => start > now - windowMs)
}
