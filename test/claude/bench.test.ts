import { execFile } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { findProgram } from '../../bench/peers/find.ts'
import { ensureClaudeCli } from '../../scripts/claude-cli.js'

const ROOT = path.join(import.meta.dirname, '../..')
const ARGS = ['--conditions=gururmm-source', path.join(ROOT, 'bench/run.ts'), 'claude', '--rounds', '1']
const run = (env = process.env) => promisify(execFile)(process.execPath, ARGS, { cwd: ROOT, env })

t.test('the bench of Claude tasks has every row, with its goal', async (t) => {
  await ensureClaudeCli({ say: (line) => t.comment(line) })
  const { stdout } = await run()
  const [number, ratio] = ['\\d+(\\.\\d)?', '\\d+\\.\\d{3}']
  t.match(stdout, new RegExp(`the bare CLI +│ ${number} +│ ${number} +│`))
  for (const sandbox of ['off', 'auto']) {
    const task = `a task, sandbox ${sandbox} +│ ${number} +│ ${number} +│ ${ratio} +│ ≤ 1\\.1× bare (met|NOT met) +│`
    t.match(stdout, new RegExp(task))
    const event = `first progress at the server, sandbox ${sandbox} +│ ${number} +│ ${number} +│ +│ ≤ 100 ms (met|NOT met) +│`
    t.match(stdout, new RegExp(event))
  }
})

t.test('where there is no bubblewrap it says so, and measures nothing in its place', async (t) => {
  const folder = path.join(t.testdir(), 'bin')
  mkdirSync(folder)
  for (const name of ['id', 'sh']) symlinkSync(findProgram(name) ?? name, path.join(folder, name))
  await t.rejects(run({ ...process.env, PATH: folder }), { code: 1, stdout: '', stderr: /bubblewrap/ })
})
