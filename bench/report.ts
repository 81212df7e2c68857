import { cpus, loadavg } from 'node:os'
import type { Missing, PeerKind } from './peers/peer.ts'
import type { Measure, Samples } from './samples.ts'
import type { Sizes } from './sizes.ts'

/** What an agent should reach. Nothing fails where it does not: a figure of a busy machine is no verdict. */
export interface Goal {
  /** What is compared: the figure itself, or how many times the base's it is. */
  readonly of: 'value' | 'ratio'
  readonly atMost?: number
  readonly atLeast?: number
}

export interface Row {
  readonly id: string
  readonly label: string
  readonly unit: 'ms' | 's' | 'MiB' | '/s' | ''
  /** By peer; null: not measured for it, or never came. */
  readonly values: Readonly<Record<string, number | null>>
  /** The agent's figure divided by the base's. */
  readonly ratio: { readonly to: string; readonly value: number } | null
  readonly goal: (Goal & { readonly met: boolean }) | null
}

export interface Report {
  readonly machine: { readonly node: string; readonly platform: string; readonly cpu: string; readonly cpus: number }
  /** Of the last minute, before and after: above the number of processors, figures say little. */
  readonly load: readonly [number, number]
  readonly quick: boolean
  readonly peers: Readonly<Record<string, string>>
  /** What is not there, and why. */
  readonly missing: readonly Missing[]
  readonly rows: readonly Row[]
  /** Commands of all peers without the answer they should have had. */
  readonly lost: number
}

interface RowSpec {
  readonly id: string
  readonly label: string
  readonly unit: Row['unit']
  readonly measure: Measure
  /** Whose figure is compared. Default: the first peer's. */
  readonly peer?: string
  /** Which quantile over all values. Default: the median. */
  readonly quantile?: number
  /** Of the floor, unless said otherwise. */
  readonly base?: { readonly measure: Measure; readonly peer: string }
  readonly goal?: Goal
}

/** The agent with its data where no sync takes time: what it costs without a durable journal. */
export const NO_DISK = 'agent, no disk'

function rowSpecs({ burst, idleSeconds, lone, memoryAfter, throughput, output }: Sizes): readonly RowSpec[] {
  const [first, last] = memoryAfter.map((count) => count.toLocaleString('en'))
  const megabytes = output.bytes / 1e6
  const node = { measure: 'node_start', peer: 'node' } as const
  // biome-ignore format: one line a row
  return [
    { id: 'latency_p50', label: 'one at a time, p50', unit: 'ms', measure: 'latency', goal: { of: 'ratio', atMost: 1.3 } },
    { id: 'latency_no_disk', label: 'the same, its journal in memory', unit: 'ms', measure: 'latency', peer: NO_DISK, goal: { of: 'ratio', atMost: 1.2 } },
    { id: 'latency_p99', label: 'one at a time, p99', unit: 'ms', measure: 'latency', quantile: 0.99, goal: { of: 'ratio', atMost: 1.5 } },
    { id: 'lone', label: `one after ${lone.pauseMs} ms of quiet, p50`, unit: 'ms', measure: 'lone' },
    { id: 'throughput', label: `${throughput.inFlight} in flight`, unit: '/s', measure: 'throughput', goal: { of: 'ratio', atLeast: 0.75 } },
    { id: 'throughput_no_disk', label: 'the same, its journal in memory', unit: '/s', measure: 'throughput', peer: NO_DISK, goal: { of: 'ratio', atLeast: 0.8 } },
    { id: 'start', label: 'start to connected', unit: 'ms', measure: 'start', base: node, goal: { of: 'ratio', atMost: 2.5 } },
    { id: 'start_uncached', label: 'the same, code not compiled yet', unit: 'ms', measure: 'start_uncached', base: node },
    { id: 'idle', label: `memory, idle ${idleSeconds} s`, unit: 'MiB', measure: 'idle', goal: { of: 'value', atMost: 60 } },
    { id: 'memory_first', label: `memory after ${first} commands`, unit: 'MiB', measure: 'memory_first', goal: { of: 'value', atMost: 90 } },
    { id: 'memory_last', label: `memory after ${last} commands`, unit: 'MiB', measure: 'memory_last', goal: { of: 'value', atMost: 90 } },
    { id: 'burst_growth', label: `${burst.toLocaleString('en')} commands at once, memory above idle`, unit: 'MiB', measure: 'burst_growth', goal: { of: 'value', atMost: 50 } },
    { id: 'burst_late', label: 'heartbeat meanwhile, late by', unit: 's', measure: 'burst_late', quantile: 1, goal: { of: 'value', atMost: 1 } },
    { id: 'output_peak', label: `${megabytes} MB of output, memory above idle`, unit: 'MiB', measure: 'output_peak', goal: { of: 'value', atMost: 60 } },
    { id: 'output_seconds', label: `${megabytes} MB of output, time`, unit: 's', measure: 'output_seconds' },
    { id: 'heartbeat_late', label: 'heartbeat meanwhile, late by', unit: 's', measure: 'heartbeat_late', quantile: 1, goal: { of: 'value', atMost: 1 } },
  ]
}

/** How the agent of `kinds[0]` compares with the rest. */
export function createReport(parts: {
  readonly kinds: readonly PeerKind[]
  readonly missing: readonly Missing[]
  readonly samples: Samples
  readonly sizes: Sizes
  readonly quick: boolean
  readonly loadBefore: number
}): Report {
  const { kinds, missing, samples, sizes, quick, loadBefore } = parts
  const names = kinds.map(({ name }) => name)
  const lost = names.flatMap((name) => samples.rounds('lost', name).flat()).reduce((sum, each) => sum + each, 0)
  const rows = rowSpecs(sizes).map((spec) => rowOf(spec, names, samples))
  return {
    machine: {
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cpus: cpus().length,
    },
    load: [loadBefore, loadavg()[0] ?? Number.NaN],
    quick,
    peers: Object.fromEntries(kinds.map(({ name, explanation }) => [name, explanation])),
    missing,
    rows: rows.filter(({ values }) => Object.values(values).some((value) => value !== null)),
    lost,
  }
}

function rowOf(spec: RowSpec, names: readonly string[], samples: Samples): Row {
  const { id, label, unit, measure, goal } = spec
  const p = spec.quantile ?? 0.5
  const told = spec.peer === undefined ? names : [spec.peer, spec.base?.peer ?? 'floor']
  const values = told.map((name) => [name, finite(samples.value(measure, name, p))])
  const base = spec.base ?? { measure, peer: 'floor' }
  const peer = spec.peer ?? names[0] ?? ''
  const ratio = finite(samples.ratio([measure, base.measure], peer, base.peer, p))
  const compared = goal?.of === 'ratio' ? ratio : finite(samples.value(measure, peer, p))
  return {
    id,
    label,
    unit,
    values: Object.fromEntries(values),
    ratio: ratio === null ? null : { to: base.peer, value: ratio },
    goal: goal === undefined ? null : { ...goal, met: meets(goal, compared) },
  }
}

function meets({ atMost = Number.POSITIVE_INFINITY, atLeast = Number.NEGATIVE_INFINITY }: Goal, value: number | null) {
  return value !== null && value <= atMost && value >= atLeast
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
