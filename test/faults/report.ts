import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from '../helpers/npm.ts'
import type { Measured, ReportedRow } from './rows.ts'

const DOCUMENT = path.join(ROOT, 'docs/reliability.md')
const BEGIN = '<!-- fault suite: written by `npm run test:faults -- --long --report` -->\n'
const END = '<!-- end of the fault suite -->\n'

/** One whole run of the suite. */
export interface SuiteRun {
  readonly form: 'long' | 'short'
  readonly seed: number
  /** With `, changed` where the working tree was not what was committed. */
  readonly commit: string
  /** As `process.version` has it. */
  readonly node: string
  readonly seconds: number
  /** What it ran on, in a few words. */
  readonly machine: string
  readonly rows: readonly ReportedRow[]
}

const COUNTS = ['times', 'commands', 'lost', 'doubled', 'wrong', 'leftOver'] as const
const TITLES = ['fault', 'times', 'commands', 'lost', 'doubled', 'wrong', 'left over']
const MEASURES = {
  lagMs: 'p99 lag at most, ms',
  pauseMs: 'longest pause between heartbeats (of 1 s), ms',
  growthMiB: 'memory beyond an agent at rest, MiB',
} as const satisfies Record<keyof Measured, string>

/** What is counted together in one line of the table, kills first. */
function linesOf(rows: readonly ReportedRow[]): [string, ReportedRow[]][] {
  const lines = [...Map.groupBy(rows, ({ line }) => line)]
  const rank = (line: string): string => (line.startsWith('SIGKILL') ? ' ' : '') + line
  return lines.sort(([one], [other]) => rank(one).localeCompare(rank(other), 'en'))
}

/** In Markdown, so that it can stand in a document as it is. */
export function tableOf(rows: readonly ReportedRow[]): string {
  const sum = (of: readonly ReportedRow[], count: (typeof COUNTS)[number]) =>
    of.reduce((all, row) => all + row[count], 0)
  return markdown([TITLES, ...linesOf(rows).map(([line, of]) => [line, ...COUNTS.map((count) => `${sum(of, count)}`)])])
}

/** The most that rows measured; empty where none did. */
export function measuresOf(rows: readonly ReportedRow[]): string {
  const keys = Object.keys(MEASURES) as (keyof Measured)[]
  const most = (of: readonly ReportedRow[], key: keyof Measured): string => {
    const found = of.flatMap(({ measured }) => measured?.[key] ?? [])
    return found.length === 0 ? '' : `${Math.round(Math.max(...found))}`
  }
  const lines = linesOf(rows.filter(({ measured }) => measured !== undefined))
  if (lines.length === 0) return ''
  return markdown([
    ['row', ...Object.values(MEASURES)],
    ...lines.map(([line, of]) => [line, ...keys.map((key) => most(of, key))]),
  ])
}

/** What came of a run, as it stands in docs/reliability.md. */
export function reportOf({ form, seed, commit, node, seconds, machine, rows }: SuiteRun): string {
  const kills = rows.filter(({ line }) => line.startsWith('SIGKILL')).reduce((all, { times }) => all + times, 0)
  const failed = rows.filter(({ passed }) => !passed).map(({ fault }) => `\`${fault}\``)
  const verdict = failed.length === 0 ? 'Every row passed.' : `These rows failed: ${failed.join(', ')}.`
  const measures = measuresOf(rows)
  const lines = [
    `The last ${form} run: seed ${seed}, commit ${commit}, Node ${node.replace('v', '')}, ${machine}, ${seconds} s. ` +
      `${kills} times the agent was killed. ${verdict}`,
    tableOf(rows),
    '`lost`, `doubled` and `left over` are what they say; `wrong` is conflicting, untrue, strange and unrecorded together.',
  ]
  if (measures !== '')
    lines.push('Measured in the same run, by the heartbeats’ own `event_loop_lag_ms` and `/proc`:', measures)
  return `${lines.join('\n\n')}\n`
}

/** Puts the report between its two marks. @throws Error where the document lacks one of them. */
export function writeReport(run: SuiteRun, document = DOCUMENT): void {
  const text = readFileSync(document, 'utf8')
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (from < 0 || to < from)
    throw new Error(`${document} lacks the lines ${BEGIN.trim()} and ${END.trim()}, in this order.`)
  writeFileSync(document, `${text.slice(0, from + BEGIN.length)}\n${reportOf(run)}\n${text.slice(to)}`)
}

function markdown(cells: readonly (readonly string[])[]): string {
  const [head = [], ...lines] = cells
  const all = [head, head.map(() => '---'), ...lines]
  const widths = head.map((_, at) => Math.max(...all.map((line) => line[at]?.length ?? 0)))
  const pad = (cell: string, at: number): string =>
    at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)
  return all.map((line) => `| ${line.map(pad).join(' | ')} |`).join('\n')
}
