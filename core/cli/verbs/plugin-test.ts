import { resolve } from 'node:path'
import { findInstallation } from '../../agent/installation.ts'
import { type OwnTests, runOwnTests } from '../../author/kit/own-tests.ts'
import { type Finding, Report } from '../../author/kit/report.ts'
import { runKit } from '../../author/kit/run-kit.ts'
import { readPackageJson } from '../../author/package-json.ts'
import { EXIT } from '../exit-codes.ts'
import { print, printJson, safe, style } from '../output.ts'
import type { Call } from '../verb.ts'

/** `plugin test [FOLDER]`: the author's own tests, then what every plugin must stand. Ends with 1 where one fails. */
export async function act(call: Call): Promise<number> {
  const folder = resolve(call.args[0] ?? '.')
  const { json = false, own = true } = call.opts<{ json?: boolean; own?: boolean }>()
  const installation = findInstallation()
  readPackageJson(folder)
  const tests = own ? await runOwnTests(folder, installation, !json) : null
  if (tests !== null && !json) tellTests(tests)
  const report = new Report(json ? () => {} : createTeller())
  await runKit(folder, installation, report)
  const ok = !report.failed && tests?.passed !== false
  if (json) printJson({ ok, tests, findings: report.findings })
  else sumUp(report, tests)
  return ok ? EXIT.ok : EXIT.failed
}

function tellTests({ files, passed }: OwnTests): void {
  if (files.length === 0) print(style('yellow', 'It has no tests of its own: no *.test.js or *.test.ts.'))
  else if (!passed) print(style('red', 'Its own tests failed.'))
  print('')
}

/** A line for each finding, below the name of its group. */
function createTeller(): (finding: Finding) => void {
  const marks = { ok: style('green', '✓'), advice: style('yellow', '!'), failed: style('red', '✗') }
  let last = ''
  return ({ group, name, level, message }) => {
    if (group !== last) print(style('bold', group))
    last = group
    print(`  ${marks[level]} ${name}: ${safe(message)}`)
  }
}

function sumUp({ findings }: Report, tests: OwnTests | null): void {
  const count = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length
  const advice = count('advice') === 0 ? '' : `, ${count('advice')} could be better`
  print('')
  print(`${count('ok')} of ${count('ok') + count('failed')} checks passed${advice}.`)
  if (tests?.passed === false) print(style('red', 'Its own tests failed.'))
}
