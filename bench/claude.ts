import { loadavg } from 'node:os'
import Table from 'cli-table3'
import { runBare } from './claude/bare.ts'
import { firstEvents } from './claude/first-event.ts'
import { makePlace, type Place, type SandboxKind } from './claude/place.ts'
import { taskRuns } from './claude/task.ts'
import { median } from './statistics.ts'

/** What a task may take, beside the bare CLI. */
const MOST_TIMES_BARE = 1.1
/** How long after the CLI told something the server may hear it, in ms. */
const MOST_DELAY_MS = 100

const BARE = 'the bare CLI'
const taskRow = (sandbox: SandboxKind) => `a task, sandbox ${sandbox}`
const eventRow = (sandbox: SandboxKind) => `first progress at the server, sandbox ${sandbox}`
const SANDBOXES: readonly SandboxKind[] = ['off', 'auto']

/** Something that is measured once a round, in ms. */
type Measure = readonly [row: string, run: () => Promise<number>]

/**
 * Measures what a Claude task costs beside the bare CLI with the same flags and variables, and how long the first event of the CLI
 * takes to the server; all against a stand-in for the API on this machine, in turn. docs/performance.md explains the rows.
 *
 * @returns a table for people.
 * @throws Error where a task fails, or runs in another sandbox than its row says.
 */
export async function benchClaude(rounds: number): Promise<string> {
  const place = await makePlace()
  const closing: (() => Promise<void>)[] = [place.close]
  try {
    const measures = await prepare(place, (close) => closing.unshift(close))
    const timings = new Map<string, number[]>(measures.map(([row]) => [row, []]))
    for (let round = 0; round <= rounds; round++) {
      for (const [row, run] of measures) {
        const ms = await run()
        // The first round looks for the CLI and tries the sandbox out.
        if (round > 0) timings.get(row)?.push(ms)
      }
    }
    return `${tableOf(timings)}\nMedians of ${rounds} rounds; load ${loadavg()[0]?.toFixed(1)}.`
  } finally {
    for (const close of closing) await close()
  }
}

async function prepare(place: Place, onClose: (close: () => Promise<void>) => void): Promise<readonly Measure[]> {
  const measures: Measure[] = [[BARE, () => runBare(place)]]
  for (const sandbox of SANDBOXES) {
    const tasks = await taskRuns(place, sandbox)
    onClose(tasks.close)
    const events = await firstEvents(place, sandbox)
    onClose(events.close)
    measures.push([taskRow(sandbox), tasks.run], [eventRow(sandbox), events.run])
  }
  return measures
}

function tableOf(timings: ReadonlyMap<string, readonly number[]>): string {
  const table = new Table({ style: { head: [], border: [] }, head: ['', 'median, ms', 'worst, ms', '× bare', 'goal'] })
  const valuesOf = (row: string) => timings.get(row) ?? []
  const add = (row: string, ratio: string, goal: string) => {
    const values = valuesOf(row)
    table.push([row, figure(median(values)), figure(Math.max(...values)), ratio, goal])
  }
  const bare = valuesOf(BARE)
  add(BARE, '', '')
  for (const sandbox of SANDBOXES) {
    // Of each round, and then the median: a machine that was slow for a while was so for both.
    const ratio = median(valuesOf(taskRow(sandbox)).map((ms, round) => ms / (bare[round] ?? Number.NaN)))
    add(taskRow(sandbox), ratio.toFixed(3), `≤ ${MOST_TIMES_BARE}× bare ${metOr(ratio <= MOST_TIMES_BARE)}`)
  }
  for (const sandbox of SANDBOXES) {
    const isMet = median(valuesOf(eventRow(sandbox))) <= MOST_DELAY_MS
    add(eventRow(sandbox), '', `≤ ${MOST_DELAY_MS} ms ${metOr(isMet)}`)
  }
  return table.toString()
}

function metOr(isMet: boolean): string {
  return isMet ? 'met' : 'NOT met'
}

function figure(ms: number): string {
  return ms.toFixed(ms < 10 ? 1 : 0)
}
