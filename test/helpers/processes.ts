import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { AGENT_TOKEN } from './reference-server.ts'
import { COMPILE_CACHE, UNBUILT_CLI } from './unbuilt.ts'

export interface AgentOptions {
  readonly serverUrl: string
  /** Default: the token of agent-1 of the reference server. */
  readonly token?: string
  /** Merged into a config that has the shell on, by top-level key. */
  readonly config?: Readonly<Record<string, unknown>>
  readonly env?: Readonly<Record<string, string>>
  /** More arguments of `start`. */
  readonly args?: readonly string[]
  /** What Node runs. Default: the command line's source, unbuilt. */
  readonly entry?: readonly string[]
}

/** An agent in a process of its own. */
export interface AgentUnderTest {
  readonly pid: number
  /** Holds config, token and data folder; removed after the test. */
  readonly folder: string
  readonly configFile: string
  /** Everything it has written to its outputs so far. */
  output(): string
  /** Resolves when it has ended. */
  readonly ended: Promise<{ code: number | null; signal: string | null }>
  kill(signal: NodeJS.Signals): void
  /** Starts the next agent in the same folder; the one before must have ended. */
  startAgain(): Promise<void>
}

/** Starts the agent's command line with `start`, and ends it with the test. */
export async function startAgent(t: Test, options: AgentOptions): Promise<AgentUnderTest> {
  // Not below the test's own folder: the path of a Unix socket may have 107 characters
  const folder = await mkdtemp(path.join(await realpath(tmpdir()), 'gururmm-'))
  const configFile = path.join(folder, 'agent.config.json')
  const tokenFile = path.join(folder, 'token')
  await writeFile(tokenFile, options.token ?? AGENT_TOKEN, { mode: 0o600 })
  await writeFile(configFile, JSON.stringify(agentConfig(options)), { mode: 0o600 })
  await chmod(configFile, 0o600)
  let output = ''
  const start = () => {
    const entry = options.entry ?? UNBUILT_CLI
    const cache = options.entry ? {} : COMPILE_CACHE
    const child = spawn(process.execPath, [...entry, 'start', '--config', configFile, ...(options.args ?? [])], {
      ...{ cwd: folder, windowsHide: true, env: { ...withoutAgentVariables(), ...cache, ...options.env } },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    }
    return { child, ended: once(child, 'close').then(([code, signal]) => ({ code, signal })) }
  }
  let current = start()
  t.teardown(async () => {
    current.child.kill('SIGKILL')
    await current.ended
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
    if (!t.passing()) t.comment(output.slice(-8000))
  })
  return {
    get pid() {
      return current.child.pid ?? -1
    },
    get ended() {
      return current.ended
    },
    folder,
    configFile,
    output: () => output,
    kill: (signal) => current.child.kill(signal),
    async startAgain() {
      await current.ended
      current = start()
    },
  }
}

/** The config of an agent under test; its token is beside it. */
export function agentConfig({ serverUrl, config }: Pick<AgentOptions, 'serverUrl' | 'config'>): object {
  return {
    agent: { id: 'agent-1', site: 'main-office', dataDir: './data' },
    server: { url: serverUrl, tokenFile: './token', reconnect: { minSeconds: 0.05, maxSeconds: 0.2 } },
    plugins: { shell: { enabled: true }, claude_task: { enabled: false } },
    ...config,
  }
}

function withoutAgentVariables(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(GURURMM|ANTHROPIC|CLAUDE|TAP|_TAPJS)/.test(name))
  return Object.fromEntries(kept)
}

const ON_WINDOWS = ['powershell', '-NoProfile', '-Command', '(Get-CimInstance Win32_Process).CommandLine'] as const

/** The command lines of running processes that hold `marker`; this machine's, whoever started them. */
export async function processesWith(marker: string): Promise<string[]> {
  const [program, ...args] = process.platform === 'win32' ? ON_WINDOWS : ['ps', '-Ao', 'pid=,args=']
  const { stdout } = await promisify(execFile)(program, args, { maxBuffer: 64 * 1024 * 1024 })
  return stdout.split('\n').filter((line) => line.includes(marker))
}
