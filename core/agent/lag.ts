import { monitorEventLoopDelay } from 'node:perf_hooks'

/** Coarse, since each sample is a wake-up; a stall is what it is to show. */
const SAMPLE_MS = 100

/** How long this process keeps what is due waiting. */
export interface Lag {
  /** Measures from now on. Node loads a dozen modules for it, so not before there is time. */
  begin(): void
  /** The 99th percentile in ms since {@link Lag.reset}; 0 where nothing was measured yet. */
  readonly ms: number
  reset(): void
  end(): void
}

export function createLag(): Lag {
  let delays: ReturnType<typeof monitorEventLoopDelay> | null = null
  return {
    begin() {
      delays ??= monitorEventLoopDelay({ resolution: SAMPLE_MS })
      delays.enable()
    },
    get ms() {
      // The sampling interval itself is part of what is measured.
      const measured = delays === null ? 0 : delays.percentile(99) / 1e6 - SAMPLE_MS
      return Math.max(0, Math.round(measured * 10) / 10)
    },
    reset: () => delays?.reset(),
    end: () => void delays?.disable(),
  }
}
