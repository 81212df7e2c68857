/** Decides whether a plugin that crashed may be started again. */
export interface Breaker {
  /**
   * Whether it may be started or used now.
   *
   * @returns 0: yes; else in how many milliseconds at the earliest. In quarantine one command at a time is let through once that is over.
   */
  waitMs(): number
  /** Whether so much went wrong that it is not just started again. */
  readonly quarantined: boolean
  /** A crash, or a start that failed. */
  failed(): void
  /** A command ended as it should. */
  worked(): void
}

export interface BreakerOptions {
  /** Wait after the second failure in a row; doubled after each one more. The first costs nothing: it may be one command's fault. Default: 1000. */
  readonly backoffMs?: number
  readonly maxBackoffMs?: number
  /** Failures within the window after which it goes into quarantine. Default: 5. */
  readonly failures?: number
  /** Default: 10 minutes. */
  readonly windowMs?: number
  /** How long the first quarantine lasts; doubled each time it is tried in vain, up to an hour. Default: 5 minutes. */
  readonly quarantineMs?: number
  /** Milliseconds that only go forward. */
  readonly now?: () => number
}

const MAX_QUARANTINE_MS = 3_600_000

export function createBreaker(options: BreakerOptions = {}): Breaker {
  const { backoffMs = 1000, maxBackoffMs = 60_000, failures = 5, windowMs = 600_000, quarantineMs = 300_000 } = options
  const now = options.now ?? (() => performance.now())
  let recent: number[] = []
  let inARow = 0
  let quarantines = 0
  let earliest = 0

  const quarantine = (): void => {
    earliest = now() + Math.min(quarantineMs * 2 ** quarantines, MAX_QUARANTINE_MS)
    quarantines++
  }
  return {
    waitMs: () => Math.max(0, earliest - now()),
    get quarantined() {
      return quarantines > 0
    },
    failed() {
      inARow++
      recent = [...recent.filter((at) => now() - at < windowMs), now()]
      if (quarantines > 0 || recent.length >= failures) return quarantine()
      earliest = inARow < 2 ? now() : now() + Math.min(backoffMs * 2 ** (inARow - 2), maxBackoffMs)
    },
    worked() {
      inARow = 0
      earliest = 0
      if (quarantines === 0) return
      quarantines = 0
      recent = []
    },
  }
}
