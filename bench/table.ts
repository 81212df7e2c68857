import Table from 'cli-table3'
import type { Report, Row } from './report.ts'

/** The report for people: a table, what stands in its columns, and how far to trust it. */
export function tableOf(report: Report): string {
  const names = Object.keys(report.peers)
  const table = new Table({
    head: ['', ...names, 'agent ÷ base', 'goal'],
    colAligns: ['left', ...names.map(() => 'right' as const), 'left', 'left'],
    style: { head: [], border: [], compact: true },
  })
  for (const row of report.rows) {
    const label = row.unit === '' ? row.label : `${row.label}, ${row.unit}`
    table.push([label, ...names.map((name) => figure(row.values[name] ?? null)), ratioText(row), goalText(row)])
  }
  return [table.toString(), ...notes(report)].join('\n')
}

function notes({ machine, load, quick, peers, missing, lost }: Report): readonly string[] {
  const explanations = Object.entries(peers).map(([name, explanation]) => `  ${name}: ${explanation}`)
  const [before, after] = load.map((each) => each.toFixed(1))
  return [
    ...explanations,
    ...missing.map(({ name, missing: why }) => `  ${name}: left out, ${why}`),
    '',
    `${machine.cpus} × ${machine.cpu}, ${machine.platform}, Node ${machine.node}; load ${before} before, ${after} after.`,
    lost === 0 ? 'Every command got its result.' : `${lost} commands did not get the result they should have.`,
    ...(quick ? ['A quick run: it shows that all works; its figures are good for nothing.'] : []),
  ]
}

function figure(value: number | null): string {
  if (value === null) return '–'
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(Math.abs(value) >= 10 ? 1 : 2)
}

function ratioText({ ratio }: Row): string {
  if (ratio === null) return ''
  return ratio.to === 'floor' ? `${ratio.value.toFixed(2)}` : `${ratio.value.toFixed(2)} (\`node -e 0\`)`
}

function goalText({ goal }: Row): string {
  if (goal === null) return ''
  const bound = goal.atMost === undefined ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`
  return `${bound}${goal.of === 'ratio' ? '×' : ''} ${goal.met ? 'met' : 'NOT met'}`
}
