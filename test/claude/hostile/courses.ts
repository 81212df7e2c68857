// Attempts that need a whole task each: a model that spends without end, an API that misbehaves.
import type { Test } from 'tap'
import type { Step } from '../../helpers/fake-anthropic/scenarios.ts'
import { startFakeAnthropic } from '../../helpers/fake-anthropic/server.ts'
import { bare, type Guard, guarded, thief } from './arena.ts'
import { makeWorld } from './world.ts'

/** One such attempt. */
export interface Course {
  readonly name: string
  /** Without a guard one that is not over after so long holds on, in milliseconds. */
  readonly patienceMs: number
  readonly steps: (evil: string) => readonly Step[]
  /** Whether it got what it wanted. `failed`: the task ended and said that it failed. */
  readonly succeeded: (seen: {
    readonly requests: number
    readonly failed: boolean
    readonly stolen: string
  }) => boolean
}

/** A model that is stopped asks this often at most. */
const FEW = 9
const TURNS = 14
const again = (step: Step) => (): readonly Step[] => Array.from({ length: TURNS }, () => step)
const call = (name: string, input: object) => ({ name, input })
const glob = call('Glob', { pattern: '*' })
const read = call('Read', { file_path: '/etc/hostname' })

export const BUDGET: readonly Course[] = Object.entries({
  'the same search again and again': { calls: [glob] },
  'a denied file again and again': { calls: [read] },
  'a tool that does not exist': { calls: [call('Nothing', {})], force: true },
  'a call that is malformed': { calls: [call('Read', { nothing: 1 })] },
  'ten calls a turn': { calls: Array.from({ length: 10 }, () => glob) },
  'much read': { calls: [glob], usage: { input_tokens: 300_000, output_tokens: 10 } },
  'much written': { calls: [glob], usage: { input_tokens: 10, output_tokens: 60_000 } },
  both: { calls: [glob], usage: { input_tokens: 150_000, output_tokens: 30_000 } },
  'thinking before each call': { thinking: 'Hm.', calls: [glob] },
  'words before each call': { text: 'Once more.', calls: [glob] },
  'long words before each call': { text: 'x'.repeat(50_000), calls: [glob] },
  'a search of everything': { calls: [call('Grep', { pattern: '.', output_mode: 'content' })] },
  'calls and a refusal to end': { calls: [glob], stop: 'tool_use' },
} satisfies Record<string, Step>).map(([name, step]) => ({
  name,
  patienceMs: 90_000,
  steps: again(step),
  succeeded: ({ requests }) => requests > FEW,
}))

const sse = { 'content-type': 'text/event-stream' }

export const API: readonly Course[] = Object.entries({
  'never answers': { hang: true },
  'falls silent at once': { text: 'silence', stallAfter: 0 },
  'falls silent in the middle': { text: 'this falls silent', chunks: 8, stallAfter: 3 },
  'cuts the connection at once': { text: 'cut', cutAfter: 0 },
  'cuts it in the middle': { text: 'this is cut', chunks: 8, cutAfter: 3 },
  'trickles without end': { text: 'z'.repeat(4000), chunks: 4000, ms: 300 },
  'is overloaded for ever': { error: { status: 529 } },
  'has an error for ever': { error: { status: 500 } },
  'refuses the key for ever': { error: { status: 401 } },
  'limits for ever': { error: { status: 429 } },
  'answers half an event': { raw: { headers: sse, body: 'event: message_start\ndata: {"type":"mess' } },
  'answers nothing': { raw: { headers: sse, body: '' } },
  'answers no JSON': { raw: { headers: { 'content-type': 'application/json' }, body: '{"type":' } },
  'answers a page': { raw: { headers: { 'content-type': 'text/html' }, body: '<html>Sign in</html>' } },
} satisfies Record<string, Step>).map(([name, step]) => ({
  name,
  patienceMs: 20_000,
  steps: again(step),
  succeeded: ({ failed }) => !failed,
}))

export const REDIRECT: Course = {
  name: 'sends the CLI elsewhere',
  patienceMs: 20_000,
  steps: (evil) => again({ raw: { status: 307, headers: { location: `${evil}/v1/redirected` } } })(),
  succeeded: ({ stolen }) => stolen.includes('/v1/redirected'),
}

/** A guarded task has this long. */
const SECONDS = 15

/** Runs one; resolves to whether it succeeded. */
export async function attemptCourse(t: Test, course: Course, guard: Guard | null): Promise<boolean> {
  const stolen = await thief(t)
  const world = makeWorld(t, stolen.url)
  const fake = await startFakeAnthropic({ scenarios: { course: course.steps(stolen.url) } })
  t.teardown(() => fake.close())
  stolen.passOnTo(fake.url)
  const task = 'fake-scenario:course'
  let failed: boolean
  if (guard === null) failed = await bare(world, fake.url, task, course.patienceMs)
  else {
    const limits = { maxTurns: 4, maxBudgetUsd: 0.2 }
    const result = await guarded(t, world, fake.url, task, guard, { limits, timeoutSeconds: SECONDS })
    failed = result.exitCode !== 0 && result.failure !== undefined
  }
  return course.succeeded({ requests: fake.requests.length, failed, stolen: stolen.taken() })
}
