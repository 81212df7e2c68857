import { basename } from 'node:path'
import t, { test } from 'tap'
import { findInstallation } from '../../core/agent/installation.ts'
import { Report } from '../../core/author/kit/report.ts'
import { runKit } from '../../core/author/kit/run-kit.ts'
import { examples } from '../examples/plugins/example-plugins.ts'

// Every check starts processes, and the machine may have much else to do
t.setTimeout(600_000)

/** What `gururmm-agent plugin test` says of each; their own tests are in test/examples/plugins. */
for (const { folder } of examples) {
  test(`${basename(folder)} stands what every plugin must stand`, async (t) => {
    const report = new Report(() => {})
    await runKit(folder, findInstallation(), report)
    t.strictSame(
      report.findings.filter(({ level }) => level !== 'ok'),
      [],
    )
    t.ok(report.findings.length > 15)
  })
}
