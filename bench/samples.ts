import { median, quantile } from './statistics.ts'

/** What is measured; docs/performance.md says how. */
export type Measure =
  | 'node_start'
  | 'start'
  | 'start_uncached'
  | 'latency'
  | 'lone'
  | 'throughput'
  | 'burst_growth'
  | 'burst_late'
  | 'idle'
  | 'memory_first'
  | 'memory_last'
  | 'output_seconds'
  | 'output_peak'
  | 'heartbeat_late'
  | 'lost'

/** All that was measured: for each measure and peer one list of values a round. */
export interface Samples {
  add(measure: Measure, peer: string, round: readonly number[]): void
  rounds(measure: Measure, peer: string): readonly (readonly number[])[]
  /** A quantile over all rounds; NaN where nothing was measured. */
  value(measure: Measure, peer: string, p: number): number
  /**
   * How many times as much `peer` has as `base`. Of the medians in each round, and then the median over the rounds: a machine that
   * was slow for a while was so for both. Other quantiles need more values than a round has, and are compared as a whole.
   */
  ratio(measures: readonly [Measure, Measure], peer: string, base: string, p: number): number
}

export function createSamples(): Samples {
  const all = new Map<string, (readonly number[])[]>()
  const rounds = (measure: Measure, peer: string) => all.get(`${measure} ${peer}`) ?? []
  const value = (measure: Measure, peer: string, p: number) => quantile(rounds(measure, peer).flat(), p)
  return {
    add(measure, peer, round) {
      all.set(`${measure} ${peer}`, [...rounds(measure, peer), round])
    },
    rounds,
    value,
    ratio([measure, baseMeasure], peer, base, p) {
      if (p !== 0.5) return value(measure, peer, p) / value(baseMeasure, base, p)
      const bases = rounds(baseMeasure, base)
      return median(rounds(measure, peer).map((round, index) => median(round) / median(bases[index] ?? [])))
    },
  }
}
