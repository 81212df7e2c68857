import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { currentInstance } from '../../core/runner/containment/index.ts'
import { waitUntil } from '../helpers/wait-until.ts'
import { CWD, realTest } from './real.ts'

const call = (name: string, input: object) => [{ calls: [{ name, input }] }, { text: 'tried' }]
const bash = (command: string) => call('Bash', { command, description: 'x' })

/** What "models" do, and what becomes of their tasks. */
const OUTCOMES: Readonly<
  Record<string, { readonly steps: readonly object[]; readonly exitCode: number; readonly stop?: 'cancel' | 'time' }>
> = {
  answered: { steps: [{ text: 'done' }], exitCode: 0 },
  written: { steps: call('Write', { file_path: `${CWD}/made.txt`, content: 'made' }), exitCode: 0 },
  denied: { steps: call('Read', { file_path: '/etc/hostname' }), exitCode: 0 },
  failed: { steps: [{ error: { status: 400 } }], exitCode: 1 },
  strays: {
    steps: bash('touch made.txt; setsid -f sleep 600 >/dev/null 2>&1; (nohup sleep 600 >/dev/null 2>&1 &)'),
    exitCode: 0,
  },
  killed: { steps: bash('kill -9 $PPID; sleep 9'), exitCode: 1 },
  'timed-out': { steps: bash('sleep 600'), exitCode: 124, stop: 'time' },
  cancelled: { steps: bash('setsid -f sleep 600; sleep 600'), exitCode: -1, stop: 'cancel' },
}
const TASKS = 104
const AT_ONCE = 4

/** Everything below a folder: kind, size, content. */
function look(folder: string): Readonly<Record<string, string>> {
  const seen: Record<string, string> = {}
  for (const name of readdirSync(folder, { recursive: true }).map(String)) {
    const found = lstatSync(join(folder, name))
    const content = found.isFile()
      ? createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex')
      : ''
    seen[name] = `${found.mode} ${found.uid} ${content}`
  }
  return seen
}

/** Processes that this agent started and that are still there. */
function processes(): readonly string[] {
  // The last part of an instance tells two runners of one process apart
  const marker = `GURURMM_RUN=${currentInstance().id.replace(/[^-]+$/, '')}`
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'latin1').includes(marker)
    } catch {
      return false
    }
  })
}

const scratch = () => readdirSync(tmpdir()).filter((name) => name.startsWith(`gururmm-claude-${process.pid}-`))

t.test(
  'after a hundred tasks of all outcomes there is what they were to write, and nothing else',
  { skip: process.platform !== 'linux' },
  async (t) => {
    const scenarios = Object.fromEntries(Object.entries(OUTCOMES).map(([name, { steps }]) => [name, steps]))
    const { run, kit, root, fake } = await realTest(t, { scenarios: scenarios as never, profile: 'operate' })
    t.match(await run('fake-scenario:written'), { exitCode: 0, data: { layers: { sandbox: 'bubblewrap' } } })
    const before = [look(root), look(kit.dataDir)]
    const names = Object.keys(OUTCOMES)

    async function one(at: number): Promise<void> {
      const name = names[at % names.length] ?? ''
      const { exitCode, stop } = OUTCOMES[name] ?? { exitCode: 0 }
      const cancel = new AbortController()
      const asked = fake.requests.length
      const options = { timeoutSeconds: stop === 'time' ? 5 : 120, signal: cancel.signal }
      const running = run(`fake-scenario:${name}`, options)
      if (stop === 'cancel') {
        await waitUntil('it has begun', () => fake.requests.length > asked)
        cancel.abort()
      }
      const result = await running
      t.equal(result.exitCode, exitCode, `${name}: ${result.stderr}`)
    }
    for (let at = 0; at < TASKS; at += AT_ONCE)
      await Promise.all(Array.from({ length: AT_ONCE }, (_, more) => one(at + more)))

    t.same(processes(), [], 'no process')
    t.same(scratch(), [], 'no folder of a task')
    t.same([look(root), look(kit.dataDir)], before)
  },
)
