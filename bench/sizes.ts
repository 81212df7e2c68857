/** How much is measured. */
export interface Sizes {
  /** Starts of each kind. */
  readonly starts: number
  /** How long an agent is left alone before its memory is read. */
  readonly idleSeconds: number
  /** One command at a time. */
  readonly latency: { readonly rounds: number; readonly commands: number }
  /** One command after nothing happened for a while. */
  readonly lone: { readonly commands: number; readonly pauseMs: number }
  readonly throughput: { readonly rounds: number; readonly commands: number; readonly inFlight: number }
  /** Commands in all after which memory is read. */
  readonly memoryAfter: readonly [number, number]
  /** Commands at once. */
  readonly burst: number
  readonly output: { readonly rounds: number; readonly bytes: number }
}

/** Some six minutes. */
export const FULL: Sizes = {
  starts: 15,
  idleSeconds: 30,
  latency: { rounds: 25, commands: 25 },
  lone: { commands: 60, pauseMs: 250 },
  throughput: { rounds: 9, commands: 300, inFlight: 50 },
  memoryAfter: [2000, 20_000],
  burst: 10_000,
  output: { rounds: 3, bytes: 100_000_000 },
}

/** Some twenty seconds: shows that everything works, and measures nothing well. */
export const QUICK: Sizes = {
  starts: 2,
  idleSeconds: 1,
  latency: { rounds: 2, commands: 5 },
  lone: { commands: 3, pauseMs: 100 },
  throughput: { rounds: 1, commands: 100, inFlight: 50 },
  memoryAfter: [50, 150],
  burst: 500,
  output: { rounds: 1, bytes: 10_000_000 },
}
