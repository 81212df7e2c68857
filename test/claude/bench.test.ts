import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { ensureClaudeCli } from '../../scripts/claude-cli.js'

const ROOT = path.join(import.meta.dirname, '../..')

t.test('the bench of Claude tasks runs both ways and prints their relation', async (t) => {
  await ensureClaudeCli({ say: (line) => t.comment(line) })
  const args = ['--conditions=gururmm-source', path.join(ROOT, 'bench/claude.ts'), '1']
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT })
  t.match(stdout, /the bare CLI +│ \d+ +│ 1\.00 /)
  for (const sandbox of ['off', 'auto'])
    t.match(stdout, new RegExp(`a task, sandbox ${sandbox} +│ \\d+ +│ \\d+\\.\\d\\d `))
})
