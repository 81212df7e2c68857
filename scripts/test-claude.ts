/**
 * `npm run test:claude`: the real Claude CLI, against a stand-in API. With `--report` only the hostile suite runs, or one class of it by its
 * name, and writes its table into docs/security.md; any other argument goes to tap, e.g. the one file to run.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import path from 'node:path'
import { ensureClaudeCli } from './claude-cli.js'

const ROOT = path.join(import.meta.dirname, '..')
/** Of one file; the hostile suite makes some hundred runs of the CLI. */
const TIMEOUT_SECONDS = 900

const args = process.argv.slice(2)
const isReporting = args.includes('--report')
const given = args.filter((arg) => arg !== '--report')
const suite = isReporting ? ['test/claude/hostile.test.ts'] : globSync('test/claude/*.test.ts', { cwd: ROOT }).sort()
const files = given.length > 0 && !isReporting ? given : suite

await ensureClaudeCli({ say: console.error })
const tap = path.join(ROOT, 'node_modules/tap/dist/esm/run.mjs')
const child = spawn(process.execPath, [tap, `--timeout=${TIMEOUT_SECONDS}`, ...files], {
  cwd: ROOT,
  stdio: 'inherit',
  env: {
    ...process.env,
    ...(isReporting && { GURURMM_HOSTILE_REPORT: '1' }),
    ...(isReporting && given[0] && { GURURMM_HOSTILE_CLASS: given[0] }),
  },
})
const [code] = (await once(child, 'exit')) as [number | null]
process.exitCode = code ?? 1
