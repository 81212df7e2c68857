import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { measuresOf, reportOf, tableOf, writeReport } from './report.ts'
import type { ReportedRow } from './rows.ts'

const CLEAN = { times: 2, commands: 10, lost: 0, doubled: 0, wrong: 0, leftOver: 0, passed: true }
const ROWS: readonly ReportedRow[] = [
  { ...CLEAN, fault: 'disk full', line: 'disk full', measured: { lagMs: 12.4 } },
  { ...CLEAN, fault: 'SIGKILL at one', line: 'SIGKILL at each of 2 failpoints' },
  { ...CLEAN, fault: 'SIGKILL at two', line: 'SIGKILL at each of 2 failpoints', lost: 1, passed: false },
]
const RUN = { form: 'long', seed: 7, commit: 'abc1234', node: 'v26.10.0', seconds: 9, machine: '2 cores' } as const

t.test('rows of one line are counted together, kills come first', async (t) => {
  t.equal(
    tableOf(ROWS),
    [
      '| fault                           | times | commands | lost | doubled | wrong | left over |',
      '| ---                             |   --- |      --- |  --- |     --- |   --- |       --- |',
      '| SIGKILL at each of 2 failpoints |     4 |       20 |    1 |       0 |     0 |         0 |',
      '| disk full                       |     2 |       10 |    0 |       0 |     0 |         0 |',
    ].join('\n'),
  )
})

t.test('what was measured stands in a table of its own', async (t) => {
  t.match(measuresOf(ROWS), /^\| disk full \| +12 \| +\| +\|$/m)
  t.notMatch(measuresOf(ROWS), 'SIGKILL')
  t.equal(measuresOf([]), '')
})

t.test('a report names the rows that failed', async (t) => {
  t.match(reportOf({ ...RUN, rows: ROWS }), /4 times the agent was killed\. These rows failed: `SIGKILL at two`\.$/m)
  t.match(reportOf({ ...RUN, rows: ROWS.slice(0, 2) }), /2 times the agent was killed\. Every row passed\.$/m)
})

t.test('a report takes the place of the one before, and of nothing else', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'faults-report-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const document = path.join(folder, 'document.md')
  const marks = [
    '<!-- fault suite: written by `npm run test:faults -- --long --report` -->',
    '<!-- end of the fault suite -->',
  ]
  writeFileSync(document, `before\n${marks[0]}\nold\n${marks[1]}\nafter\n`)
  for (let time = 0; time < 2; time++) {
    writeReport({ ...RUN, rows: ROWS }, document)
    t.equal(
      readFileSync(document, 'utf8'),
      `before\n${marks[0]}\n\n${reportOf({ ...RUN, rows: ROWS })}\n${marks[1]}\nafter\n`,
    )
  }
  writeFileSync(document, 'no marks\n')
  t.throws(() => writeReport({ ...RUN, rows: ROWS }, document), /lacks the lines/)
})
