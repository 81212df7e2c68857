import { chmodSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { findInstallation } from '../../../core/agent/installation.ts'
import { createPlugin } from '../../../core/author/create.ts'
import { type Finding, Report } from '../../../core/author/kit/report.ts'
import { runKit } from '../../../core/author/kit/run-kit.ts'
import { directoryOutside } from '../../helpers/outside.ts'

// Every check starts processes, and the machine may have much else to do
t.setTimeout(600_000)

const installation = findInstallation()

async function findingsOf(folder: string): Promise<readonly Finding[]> {
  const report = new Report(() => {})
  await runKit(folder, installation, report)
  return report.findings
}

t.test('a new plugin stands everything, and nothing of the test is left', async (t) => {
  const folder = directoryOutside(t, {})
  await createPlugin(folder, { name: 'acme', language: 'typescript' }, installation)
  const TMPDIR = directoryOutside(t, {})
  chmodSync(TMPDIR, 0o755)
  const before = process.env.TMPDIR
  process.env.TMPDIR = TMPDIR
  t.teardown(() => {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
  })
  const findings = await findingsOf(folder)
  t.strictSame(
    findings.filter(({ level }) => level !== 'ok'),
    [],
  )
  const names = findings.map(({ group, name }) => `${group}: ${name}`)
  for (const name of [
    'plugin: bad config',
    'acme: bad input',
    'acme: a program crashes',
    'plugin: process lost',
    'plugin: slow start',
    'plugin: without `programs`',
  ]) {
    t.ok(names.includes(name), name)
  }
  t.strictSame(readdirSync(TMPDIR), [])
})

t.test('each thing that a careless plugin does wrong is named', async (t) => {
  const findings = await findingsOf(join(import.meta.dirname, '../../fixtures/author/careless'))
  const levels = Object.fromEntries(findings.map(({ group, name, level }) => [`${group}: ${name}`, level]))
  t.match(levels, {
    'plugin: manifest': 'failed',
    'plugin: load': 'ok',
    'plugin: config defaults': 'failed',
    'plugin: unknown config keys': 'advice',
    'plugin: teardown without setup': 'failed',
    'plugin: off and on again': 'failed',
    'careless: description': 'advice',
    'careless: unknown keys': 'advice',
    'careless: example input 1': 'failed',
    'careless: bad input': 'ok',
    'careless: odd input': 'failed',
    'plugin: process lost': 'failed',
  })
  const said = (name: string) => findings.find((finding) => finding.name === name)?.message
  // Whichever of the cancels met it at work
  t.ok(findings.some(({ name, message }) => /cancel|timeout/.test(name) && message.includes('ctx.signal')))
  t.match(said('teardown without setup'), 'index.js:36')
  t.match(said('process lost'), 'EEXIST')
})
