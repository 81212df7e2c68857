/**
 * What a Claude task costs beside the bare CLI with the same flags and variables: `node --conditions=gururmm-source bench/claude.ts [ROUNDS]`.
 * Both talk to a stand-in for the API on this machine, in turn. Nothing is asserted; docs/performance.md has the figures of one run.
 *
 * @module
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import Table from 'cli-table3'
import { createPluginHost } from '../core/plugins/index.ts'
import { Redactor } from '../core/redaction/index.ts'
import { createRunner } from '../core/runner/index.ts'
import { argumentsFor, settingsFor } from '../plugins/claude-task/command-line.ts'
import type { Config } from '../plugins/claude-task/config-schema.ts'
import { environmentFor } from '../plugins/claude-task/environment.ts'
import plugin from '../plugins/claude-task/index.ts'
import { policyFor } from '../plugins/claude-task/policy/task-policy.ts'
import { promptFor } from '../plugins/claude-task/task-text.ts'
import { ensureClaudeCli } from '../scripts/claude-cli.js'
import { startFakeAnthropic } from '../test/helpers/fake-anthropic/server.ts'
import { configWith } from '../test/plugins/claude-task/settings.ts'
import { median } from './statistics.ts'

const TASK = 'Say hello'
const SILENT = { debug() {}, info() {}, warn() {}, error() {} }
const COMMAND = {
  id: 'bench',
  type: 'claude_task',
  elevated: false,
  origin: 'local',
  requester: { user: null, role: null },
} as const
const rounds = Number(process.argv[2] ?? 15)

/** One run: all of it, and until it was first heard of; in ms. */
interface Timing {
  readonly whole: number
  readonly first: number
}

const say = (line: string) => void process.stderr.write(`${line}\n`)
const cliPath = await ensureClaudeCli({ say })
const fake = await startFakeAnthropic()
const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'gururmm-bench-claude-')))
const base = path.join(root, 'base')
const keyFile = path.join(root, 'key')
mkdirSync(base)
writeFileSync(keyFile, 'sk-bench-0123456789\n', { mode: 0o600 })

function configOf(sandbox: 'off' | 'auto'): Config {
  return configWith({
    cliPath,
    apiKeyFile: keyFile,
    environment: { ANTHROPIC_BASE_URL: fake.url },
    security: { baseDirectories: [base], profiles: { inspect: { sandbox } } },
  })
}

/** The CLI alone, in folders as new as a task's. */
async function bare(): Promise<Timing> {
  const config = configOf('off')
  const policy = policyFor(config.security, { user: null, role: null }, null)
  const [home, settings, temp] = ['home', 'config', 'tmp'].map((name) => mkdtempSync(path.join(root, name))) as [
    string,
    string,
    string,
  ]
  const settingsFile = path.join(settings, 'settings.json')
  writeFileSync(settingsFile, JSON.stringify(settingsFor(policy, [], 'none')))
  const access = { variable: 'ANTHROPIC_API_KEY', token: 'sk-bench', url: fake.url, socket: null }
  const env = environmentFor(config, policy, { home, config: settings, temp }, access)
  const startedAt = performance.now()
  const child = spawn(cliPath, argumentsFor(policy, settingsFile), {
    cwd: base,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  child.stdin.write(`${JSON.stringify({ type: 'user', message: { role: 'user', content: promptFor(TASK, []) } })}\n`)
  let first = 0
  for await (const line of createInterface({ input: child.stdout })) {
    first ||= performance.now() - startedAt
    if (line.includes('"type":"result"')) child.stdin.end()
  }
  if (child.exitCode === null) await once(child, 'exit')
  if (child.exitCode !== 0) throw new Error(`The bare CLI ended with ${child.exitCode}.`)
  return { whole: performance.now() - startedAt, first }
}

/** A task as dispatch has it done. */
async function taskOf(sandbox: 'off' | 'auto') {
  const redactor = new Redactor()
  const runner = createRunner({ logger: SILENT, redactor })
  const host = createPluginHost({
    plugins: { claude_task: { enabled: true, config: configOf(sandbox) } },
    given: { claude_task: plugin },
    shippedFolders: {},
    dataDir: path.join(root, `data-${sandbox}`),
    site: 'bench',
    configDir: root,
    ...{ runner, redactor, logger: SILENT, maxOutputBytes: 1_048_576 },
  })
  await host.ready
  const run = async (): Promise<Timing> => {
    const type = host.registry.find('claude_task')
    if ('failure' in type) throw new Error(type.failure.message)
    const startedAt = performance.now()
    const checked = await type.validate({ task: TASK })
    if ('failure' in checked) throw new Error(checked.failure.message)
    let first = 0
    const result = await type.run({
      command: COMMAND,
      input: checked.input,
      timeoutSeconds: 300,
      signal: new AbortController().signal,
      progress: () => {
        first ||= performance.now() - startedAt
      },
    })
    if (result.exitCode !== 0) throw new Error(`A task ended with ${result.exitCode}: ${result.stderr}`)
    return { whole: performance.now() - startedAt, first }
  }
  const close = async () => {
    await host.close()
    await runner.close()
  }
  return { run, close }
}

const open = await taskOf('off')
const boxed = await taskOf('auto')
const kinds = { 'the bare CLI': bare, 'a task, sandbox off': open.run, 'a task, sandbox auto': boxed.run }
const timings = new Map<string, Timing[]>(Object.keys(kinds).map((name) => [name, []]))
try {
  for (let round = 0; round <= rounds; round++) {
    for (const [name, run] of Object.entries(kinds)) {
      const timing = await run()
      // The first round looks for the CLI and tries the sandbox out.
      if (round > 0) timings.get(name)?.push(timing)
    }
  }
  const mid = (name: string, what: keyof Timing) => median((timings.get(name) ?? []).map((timing) => timing[what]))
  const table = new Table({
    style: { head: [], border: [] },
    head: ['', 'whole, ms', '× bare', 'first heard of, ms', 'after the bare CLI, ms'],
  })
  for (const name of timings.keys()) {
    const [whole, first] = [mid(name, 'whole'), mid(name, 'first')]
    const ratio = (whole / mid('the bare CLI', 'whole')).toFixed(2)
    table.push([name, whole.toFixed(0), ratio, first.toFixed(0), (first - mid('the bare CLI', 'first')).toFixed(0)])
  }
  console.log(table.toString())
  console.log(`Medians of ${rounds} rounds; load ${loadavg()[0]?.toFixed(1)}.`)
} finally {
  await Promise.all([open.close(), boxed.close(), fake.close()])
  rmSync(root, { recursive: true, force: true })
}
