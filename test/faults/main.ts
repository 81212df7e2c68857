#!/usr/bin/env node
/**
 * The fault suite: the built agent in processes of its own, real sockets, real files, and everything that can go wrong with them.
 *
 *   npm run test:faults                      the short form, a few minutes
 *   npm run test:faults -- --long            the long form, about a quarter of an hour
 *   npm run test:faults -- --seed 42         the same random choices again
 *   npm run test:faults -- kill disk         only kill.test.ts and disk.test.ts
 *   npm run test:faults -- --row EIO         only rows with this in their name
 *   npm run test:faults -- --long --report   writes what came of it into docs/reliability.md
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT } from '../helpers/npm.ts'
import { reportOf, writeReport } from './report.ts'
import type { ReportedRow } from './rows.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    long: { type: 'boolean', default: false },
    seed: { type: 'string' },
    row: { type: 'string', default: '' },
    report: { type: 'boolean', default: false },
  },
})
if (values.report && (!values.long || values.row !== '' || positionals.length > 0)) {
  process.stderr.write(
    '--report tells of the whole long form: give --long with it, and neither --row nor the names of files.\n',
  )
  process.exit(64)
}
const seed = Number(values.seed ?? Math.floor(Math.random() * 1e9))
const folder = mkdtempSync(path.join(tmpdir(), 'faults-suite-'))
const report = path.join(folder, 'rows')

/** A copy: a build that happens meanwhile must not change what is tested. */
function install(): string {
  const to = path.join(folder, 'agent')
  for (const part of ['bin', 'dist', 'package.json'])
    cpSync(path.join(ROOT, part), path.join(to, part), { recursive: true })
  return to
}

function files(): string[] {
  const all = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.ts'))
  const chosen = all.filter((name) => positionals.length === 0 || positionals.includes(name.replace('.test.ts', '')))
  return chosen.map((name) => path.join('test/faults', name))
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim()
}

/** Asked before the run: the agent under test is that of the beginning. */
function commitOf(): string {
  try {
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain') === '' ? '' : ' and changes to it'}`
  } catch {
    return 'unknown'
  }
}

function machineOf(): string {
  const load = (loadavg()[0] ?? 0).toFixed(1)
  return `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), load ${load} before it`
}

const commit = commitOf()
const machine = machineOf()
const started = performance.now()
process.stdout.write(`fault suite: ${values.long ? 'long' : 'short'} form, seed ${seed}\n`)
const tap = spawn(
  process.execPath,
  [
    path.join(ROOT, 'node_modules/tap/dist/esm/run.mjs'),
    `--timeout=${values.long ? 3600 : 600}`,
    '--jobs=2',
    ...files(),
  ],
  {
    cwd: ROOT,
    stdio: 'inherit',
    env: {
      ...process.env,
      FAULTS_AGENT: install(),
      FAULTS_REPORT: report,
      FAULTS_SEED: String(seed),
      FAULTS_ROW: values.row,
      FAULTS_LONG: values.long ? '1' : '0',
    },
  },
)
const [code] = (await once(tap, 'close')) as [number | null]
const rows = existsSync(report)
  ? readFileSync(report, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as ReportedRow)
  : []
rmSync(folder, { recursive: true, force: true })
const seconds = Math.round((performance.now() - started) / 1000)
const run = {
  form: values.long ? 'long' : 'short',
  seed,
  commit,
  node: process.version,
  seconds,
  machine,
  rows,
} as const
process.stdout.write(`\n${reportOf(run)}`)
if (values.report) {
  writeReport(run)
  process.stdout.write('\nwritten into docs/reliability.md, to be looked at and committed\n')
}
process.exitCode = code ?? 1
