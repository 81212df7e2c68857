#!/usr/bin/env node
/**
 * The fault suite: the built agent in processes of its own, real sockets, real files, and everything that can go wrong with them.
 *
 *   npm run test:faults                      the short form, a few minutes
 *   npm run test:faults -- --long            the long form, about a quarter of an hour
 *   npm run test:faults -- --seed 42         the same random choices again
 *   npm run test:faults -- kill disk         only kill.test.ts and disk.test.ts
 *   npm run test:faults -- --row EIO         only rows with this in their name
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT } from '../helpers/npm.ts'
import type { ReportedRow } from './rows.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    long: { type: 'boolean', default: false },
    seed: { type: 'string' },
    row: { type: 'string', default: '' },
  },
})
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

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}

const COLUMNS = ['fault', 'times', 'commands', 'lost', 'doubled', 'wrong', 'leftOver'] as const
const TITLES = ['fault', 'times', 'commands', 'lost', 'doubled', 'wrong', 'left over'] as const

/** In Markdown, so that it can stand in a document as it is. */
function table(rows: readonly ReportedRow[]): string {
  const cells = [TITLES, TITLES.map(() => '---'), ...rows.map((row) => COLUMNS.map((column) => String(row[column])))]
  const widths = TITLES.map((_, at) => Math.max(...cells.map((line) => line[at]?.length ?? 0)))
  const lineOf = (line: readonly string[]): string =>
    `| ${line.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' | ')} |`
  return cells.map(lineOf).join('\n')
}

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
process.stdout.write(`\n${table(rows)}\n\n`)
for (const { fault } of rows.filter((row) => !row.passed)) process.stdout.write(`failed: ${fault}\n`)
const seconds = Math.round((performance.now() - started) / 1000)
const form = values.long ? 'long' : 'short'
process.stdout.write(`${form} form, seed ${seed}, commit ${commit()}, ${seconds} s, Node ${process.version}\n`)
process.exitCode = code ?? 1
