import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { openJournal } from '../../core/journal/index.ts'
import { bufferLogger } from '../helpers/logger.ts'
import { ROOT } from '../helpers/npm.ts'
import { waitUntil } from '../helpers/wait-until.ts'

/** Where the agent under test is installed; test/faults/main.ts makes a copy, so that a build meanwhile changes nothing. */
const AGENT = path.join(process.env.FAULTS_AGENT ?? ROOT, 'bin/gururmm-agent.js')

const MARK = 'FAULTS_SITE'

export interface SiteOptions {
  readonly serverUrl: string
  readonly containment?: 'auto' | 'cgroup' | 'pid_namespace' | 'process_group'
  /** Merged into the config, by top-level key. */
  readonly config?: Readonly<Record<string, object>>
  /** Default: a folder inside the site's own. */
  readonly dataDir?: string
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>
  /** What the agent is started by, e.g. `['faketime', …]`. */
  readonly wrap?: readonly string[]
}

/** The agent's process, from one start to its end. */
export interface Life {
  /** The agent itself, also behind a wrapper; undefined until it said so. */
  pid(): number | undefined
  /** Of what was started: the agent or its wrapper. */
  readonly child: ChildProcess
  output(): string
  /** Once the agent has said that it started; false: it ended before. */
  readonly started: Promise<boolean>
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>
  readonly isOver: boolean
  kill(signal?: NodeJS.Signals): void
}

/** One installed agent with its data folder, over all its lives. */
export interface Site {
  readonly folder: string
  readonly dataDir: string
  /** The payload of a command that appends its id to the file of executions, then does what else is asked. */
  command(id: string, then?: string, more?: object): { readonly id: string; readonly [key: string]: unknown }
  /** Ids in the order in which their commands ran. */
  executions(): string[]
  /** Processes that commands of this site started and that still live, as `pid start-time command`. */
  survivors(): string[]
  start(options?: StartOptions): Life
  /** What all its lives have written. */
  output(): string
  /** What `gururmm-agent <args>` prints. */
  cli(...args: string[]): Promise<string>
  /** The journal's result of each id; null: none is kept, absent: it does not know the id. The agent must not run. */
  journal(ids: Iterable<string>): Promise<Map<string, object | null>>
  /** Ends what is left and removes the folder. */
  remove(): Promise<void>
}

export async function createSite(options: SiteOptions): Promise<Site> {
  // Short: the path of a Unix socket may have 107 characters.
  const folder = await mkdtemp(path.join(await realpath(tmpdir()), 'faults-'))
  const mark = path.basename(folder)
  const dataDir = options.dataDir ?? path.join(folder, 'data')
  const ran = path.join(folder, 'ran')
  const configFile = path.join(folder, 'agent.config.json')
  const lives: Life[] = []
  appendFileSync(ran, '')
  await writeFile(path.join(folder, 'token'), 'a-token-of-the-fault-suite', { mode: 0o600 })
  await writeFile(configFile, JSON.stringify(configOf(options, dataDir, mark)), { mode: 0o600 })

  return {
    folder,
    dataDir,
    command: (id, then = '', more = {}) => ({
      id,
      command_type: 'shell',
      command: `echo ${id} >> ${ran}${then === '' ? '' : `; ${then}`}`,
      ...more,
    }),
    executions: () => readFileSync(ran, 'utf8').split('\n').slice(0, -1),
    survivors: () => survivorsOf(mark),
    start(start = {}) {
      const life = startLife([...(start.wrap ?? []), process.execPath, AGENT, 'start', '--config', configFile], start)
      lives.push(life)
      return life
    },
    output: () => lives.map((life) => life.output()).join(''),
    async cli(...args) {
      const run = promisify(execFile)
      return (await run(process.execPath, [AGENT, ...args, '--config', configFile], { env: environment() })).stdout
    },
    journal: (ids) => readJournal(path.join(dataDir, 'journal'), ids),
    async remove() {
      for (const life of lives) life.kill('SIGKILL')
      await Promise.all(lives.map(({ ended }) => ended))
      for (const line of survivorsOf(mark)) process.kill(Number.parseInt(line, 10), 'SIGKILL')
      await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
    },
  }
}

function configOf({ serverUrl, containment, config }: SiteOptions, dataDir: string, mark: string): object {
  return {
    agent: { id: 'agent-1', site: 'main-office', dataDir, runContainment: containment ?? 'auto' },
    server: { url: serverUrl, tokenFile: './token', reconnect: { minSeconds: 0.05, maxSeconds: 0.5 } },
    plugins: {
      shell: { enabled: true, config: { environment: { [MARK]: mark } } },
      claude_task: { enabled: false },
    },
    ...config,
  }
}

/** Without what belongs to the test runner, to another agent or to this suite. */
function environment(): NodeJS.ProcessEnv {
  const own = /^(NODE_OPTIONS|TAP|_TAPJS|npm_|INIT_CWD|GURURMM|ANTHROPIC|CLAUDE|FAULTS)/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)))
}

function startLife(command: readonly string[], { env }: StartOptions): Life {
  // The test runner puts a module of its own into every Node process it sees started: its signal handlers and memory are not ours.
  const child = spawn('env', ['-u', 'NODE_OPTIONS', ...command], {
    env: { ...environment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let isOver = false
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const ended = once(child, 'close').then(([code, signal]) => {
    isOver = true
    output += `[ended: code ${code}, signal ${signal}]\n`
    return { code, signal }
  })
  const startLine = () => /"pid":(\d+)[^\n]*"agent started"/.exec(output)
  const started = waitUntil('the agent to start', () => isOver || startLine() !== null, 60_000).then(
    () => startLine() !== null,
  )
  started.catch(() => {})
  const pid = (): number | undefined => {
    const said = startLine()?.[1]
    return said === undefined ? undefined : Number(said)
  }
  return {
    pid,
    child,
    output: () => output,
    started,
    ended,
    get isOver() {
      return isOver
    },
    kill(signal = 'SIGKILL') {
      if (isOver) return
      // A wrapper that dies alone may leave the agent running.
      const agent = pid()
      if (agent !== undefined && agent !== child.pid && existsSync(`/proc/${agent}`)) process.kill(agent, signal)
      if (agent === undefined || agent === child.pid || signal === 'SIGKILL') child.kill(signal)
    },
  }
}

function survivorsOf(mark: string): string[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      if (!readFileSync(`/proc/${name}/environ`, 'latin1').split('\0').includes(`${MARK}=${mark}`)) return []
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1')
      const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      const command = readFileSync(`/proc/${name}/cmdline`, 'latin1').replaceAll('\0', ' ').trim()
      return state === 'Z' ? [] : [`${name} ${fields[18]} ${command.slice(0, 60)}`]
    } catch {
      // It ended meanwhile.
      return []
    }
  })
}

async function readJournal(directory: string, ids: Iterable<string>): Promise<Map<string, object | null>> {
  const journal = await openJournal({ directory, redact: (text) => text, logger: bufferLogger() })
  const found = new Map<string, object | null>()
  try {
    for (const id of ids) {
      const entry = await journal.lookup(id)
      if (entry !== undefined) found.set(id, entry.result)
    }
  } finally {
    await journal.close()
  }
  return found
}
