import { execFile } from 'node:child_process'
import { type AddressInfo, connect, createServer } from 'node:net'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { testPlugin } from '../../../core/testing/index.ts'
import plugin from '../../../plugins/claude-task/index.ts'
import { ensureClaudeCli } from '../../../scripts/claude-cli.js'
import type { Scenarios, Step } from '../../helpers/fake-anthropic/scenarios.ts'
import { startFakeAnthropic } from '../../helpers/fake-anthropic/server.ts'
import { type Attempt, KEY, makeWorld, type Seen, type World } from './world.ts'

/** How the CLI is run. */
export interface Guard {
  readonly profile: 'inspect' | 'maintain' | 'operate'
  readonly sandbox: 'required' | 'off'
}

/** Every way that the policy allows; `operate` has no other than the sandbox. */
export const GUARDS: readonly Guard[] = [
  { profile: 'inspect', sandbox: 'required' },
  { profile: 'inspect', sandbox: 'off' },
  { profile: 'maintain', sandbox: 'required' },
  { profile: 'maintain', sandbox: 'off' },
  { profile: 'operate', sandbox: 'required' },
]

/** What came of a run. */
export interface Trial {
  /** By the attempt's place: whether it got what it wanted. */
  readonly succeeded: readonly boolean[]
  /** Of the agent's result; null: it was the unprotected CLI. */
  readonly result: Awaited<ReturnType<typeof guarded>> | null
  readonly calls: number
  /** Keys that came to the API with its requests. */
  readonly keys: ReadonlySet<string | null>
}

/** A model makes so many calls in one turn. */
const CALLS_A_TURN = 24

/** Lets attempts loose on the CLI: all of them in one run. */
export async function attempt(t: Test, attempts: readonly Attempt[], guard: Guard | null): Promise<Trial> {
  const stolen = await thief(t)
  const world = makeWorld(t, stolen.url)
  for (const each of attempts) each.plant?.(world)
  const own = attempts.flatMap((each) => each.call?.(world) ?? [])
  // Some traps wait for a tool to be used.
  const calls = own.length > 0 ? own : [{ name: 'Read', input: { file_path: `${world.base}/readme.txt` } }]
  const steps: Step[] = []
  for (let at = 0; at < calls.length; at += CALLS_A_TURN) steps.push({ calls: calls.slice(at, at + CALLS_A_TURN) })
  const scenarios: Scenarios = { attempt: [...steps, { text: 'tried' }], default: [{ text: 'nothing' }] }
  const fake = await startFakeAnthropic({ scenarios })
  t.teardown(() => fake.close())
  stolen.passOnTo(fake.url)
  const texts = attempts.flatMap((each) => each.text?.(world) ?? [])
  const task = [...texts, 'fake-scenario:attempt'].join('\n')
  const result = guard === null ? null : await guarded(t, world, fake.url, task, guard)
  if (guard === null) await bare(world, fake.url, task)
  const seen: Seen = { sent: fake.requests.map(({ raw }) => withoutCalls(raw)).join('\n'), stolen: stolen.taken() }
  const succeeded: boolean[] = []
  for (const each of attempts) {
    succeeded.push(await each.succeeded(world, seen))
    await each.clear?.(world)
  }
  return { succeeded, result, calls: calls.length, keys: new Set(fake.requests.map(({ key }) => key)) }
}

/** What the model itself asked for is no leak. */
function withoutCalls(raw: string): string {
  try {
    return JSON.stringify(JSON.parse(raw), (_, value) => (value?.type === 'tool_use' ? null : value)).replaceAll(
      '\\n',
      '\n',
    )
  } catch {
    return raw
  }
}

/** Runs a task under a guard. */
export async function guarded(
  t: Test,
  world: World,
  url: string,
  task: string,
  { profile, sandbox }: Guard,
  { limits = {}, timeoutSeconds = 240 }: { readonly limits?: object; readonly timeoutSeconds?: number } = {},
) {
  const cliPath = await ensureClaudeCli()
  const kit = await testPlugin(plugin, {
    config: {
      cliPath,
      apiKeyFile: world.keyFile,
      environment: { ANTHROPIC_BASE_URL: url },
      ...(timeoutSeconds < 240 && { idleTimeoutSeconds: 6 }),
      security: {
        baseDirectories: [{ path: world.base, access: 'read-write' }],
        defaultProfile: profile,
        taskFilter: 'safe',
        maxTaskCharacters: 100_000,
        profiles: { [profile]: { sandbox, ...limits } },
      },
    },
  })
  t.teardown(() => kit.close())
  return kit.run('claude_task', { task }, { timeoutSeconds })
}

/** The CLI as somebody starts it who trusts everything; ended when patience is over. Whether it ended by itself. */
export async function bare(world: World, url: string, task: string, patienceMs = 120_000): Promise<boolean> {
  const cli = await ensureClaudeCli()
  const env = {
    ...{ PATH: process.env.PATH, HOME: world.home, CLAUDE_CONFIG_DIR: `${world.home}/.claude`, TMPDIR: world.home },
    ...{ ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: url, IS_SANDBOX: '1' },
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  }
  const args = [
    '-p',
    '--dangerously-skip-permissions',
    '--tools',
    'Bash,Read,Edit,Write,Glob,Grep,Task,Skill',
    '--output-format',
    'json',
  ]
  const running = promisify(execFile)(cli, args, {
    cwd: world.base,
    env,
    timeout: patienceMs,
    killSignal: 'SIGKILL',
    maxBuffer: 1 << 26,
  })
  running.child.stdin?.end(task)
  return running.then(
    () => true,
    (error: { killed?: boolean }) => error.killed !== true,
  )
}

/** A server that takes whatever it is sent. What is meant for the API it passes on, so that nobody notices. */
export async function thief(t: Test) {
  let taken = ''
  let api = ''
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', (data) => {
      taken += data
      if (!data.includes('/v1/messages')) {
        socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
        return
      }
      const there = connect(Number(new URL(api).port), '127.0.0.1')
      there.on('error', () => socket.destroy())
      there.write(data)
      socket.pipe(there).pipe(socket)
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  t.teardown(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    taken: () => taken,
    passOnTo(real: string) {
      api = real
    },
  }
}
