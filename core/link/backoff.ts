/** Bounds of the wait before the next attempt, in seconds. */
export interface BackoffOptions {
  /** Upper bound of the first wait. */
  readonly minSeconds: number
  /** Upper bound of any wait after an ordinary failure. */
  readonly maxSeconds: number
  /** Upper bound after a refusal that a retry will hardly change. */
  readonly refusedSeconds: number
  /** In [0, 1). Default: Math.random. */
  readonly random?: () => number
}

/** How long to wait before the next attempt. */
export interface Backoff {
  /** Seconds to wait after one more failure. */
  next(kind: 'failed' | 'refused'): number
  /** Begins anew; only after a session that proved healthy, or a server that accepts and drops would be hammered. */
  reset(): void
}

/**
 * Doubled, capped, with full jitter: drawn uniformly from zero to the bound, so that a thousand agents whose server came back
 * spread over the whole span. A refusal is drawn from the upper half of its own, longer span.
 */
export function createBackoff(options: BackoffOptions): Backoff {
  const random = options.random ?? Math.random
  let failures = 0
  return {
    next(kind) {
      if (kind === 'refused') return options.refusedSeconds * (0.5 + random() / 2)
      // 2 ** 30 seconds is beyond any cap, and the exponent must not grow for ever.
      const bound = Math.min(options.maxSeconds, options.minSeconds * 2 ** Math.min(failures, 30))
      failures++
      return bound * random()
    },
    reset() {
      failures = 0
    },
  }
}
