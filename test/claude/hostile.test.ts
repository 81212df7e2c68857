import t from 'tap'
import { documentedRow, rowOf, writeRows } from './hostile/report.ts'
import { SUITE } from './hostile/suite.ts'

/** Set by `npm run test:claude -- --report [CLASS]`. */
const { GURURMM_HOSTILE_REPORT: isReporting, GURURMM_HOSTILE_CLASS: chosen } = process.env
const rows = new Map<string, string>()

for (const [name, run] of Object.entries(SUITE)) {
  if (chosen !== undefined && chosen !== name) continue
  t.test(`${name}: nothing gets through`, async (t) => {
    const report = await run(t)
    rows.set(name, rowOf(report))
    const stopped = report.attempts.filter((attempt) => !report.live.includes(attempt))
    if (stopped.length > 0) t.comment(`stopped by the CLI itself: ${stopped.join('; ')}`)
    t.ok(report.attempts.length >= 12, 'at least twelve attempts')
    t.ok(report.live.length > 0, 'they work where nothing is in the way')
    for (const { guard, through, wrong } of report.guarded) {
      t.same(through, [], `${guard.profile}, sandbox ${guard.sandbox}: nothing gets through`)
      t.same(wrong, [], `${guard.profile}, sandbox ${guard.sandbox}: every attempt has its decision`)
    }
  })
}

t.test('docs/security.md tells what the suite showed', async (t) => {
  if (isReporting !== undefined) writeRows(Object.keys(SUITE), rows)
  for (const [name, row] of rows) t.equal(documentedRow(name), row, 'write it anew: npm run test:claude -- --report')
})
