import { existsSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { waitUntil } from '../helpers/wait-until.ts'
import { KEY } from '../plugins/claude-task/task.ts'
import { realTest } from './real.ts'

interface Turn {
  readonly event: string
  readonly turn: number
  readonly cost_usd: number
}

const glob = { calls: [{ name: 'Glob', input: { pattern: '*' } }] }
const readOutside = { calls: [{ name: 'Read', input: { file_path: '/etc/hostname' } }] }
const failing = (status: number, more: object = {}) => [{ error: { status, ...more } }]

t.test('an answered task tells session, model, cost and usage', async (t) => {
  const { run, kit, fake } = await realTest(t, {
    scenarios: { counted: [{ text: 'done', usage: { input_tokens: 1000, output_tokens: 500 } }] },
  })
  const result = await run('fake-scenario:counted')
  t.match(result, {
    exitCode: 0,
    stdout: 'done',
    stderr: '',
    data: {
      session_id: /^[0-9a-f-]{36}$/,
      model: /claude/,
      cli_version: '2.1.330',
      turns: 1,
      stop_reason: 'end_turn',
      denials: [],
    },
    usage: { inputTokens: 1000, outputTokens: 500 },
  })
  t.ok((result.usage?.costUsd ?? 0) > 0)
  t.equal(fake.requests.at(-1)?.key, KEY, 'the key of the file came with the request')
  t.notOk(existsSync(join(kit.dataDir, 'tasks')), 'nothing is left of the CLI’s own files')
  t.same(
    readdirSync(tmpdir()).filter((name) => name.startsWith(`gururmm-claude-${process.pid}-`)),
    [],
  )
})

t.test('a denied tool leaves the exit code at 0 and stands in the data', async (t) => {
  const { run } = await realTest(t, { scenarios: { denied: [readOutside, { text: 'I may not.' }] } })
  const result = await run('fake-scenario:denied')
  t.match(result, {
    exitCode: 0,
    stdout: 'I may not.',
    data: { denials: [{ tool: 'Read', target: '/etc/hostname', reason: String }] },
  })
  t.equal((result.data as { denials: object[] }).denials.length, 1, 'once')
  t.match(
    result.progress.find(({ data }) => (data as { event?: string }).event === 'tool_use'),
    { data: { tool: 'Read', target: '/etc/hostname', decision: 'deny' } },
  )
})

t.test('a tool that the policy does not enable counts as denied', async (t) => {
  const { run } = await realTest(t, {
    scenarios: { bash: [{ calls: [{ name: 'Bash', input: { command: 'id' } }] }, { text: 'No shell.' }] },
  })
  t.match(await run('fake-scenario:bash'), { exitCode: 0, data: { denials: [{ tool: 'Bash', target: 'id' }] } })
})

t.test('no answer is a failure', async (t) => {
  const { run } = await realTest(t, {
    scenarios: { denied: [readOutside, { text: '' }, { text: '' }], empty: [{ text: '' }, { text: '' }] },
  })
  t.match(await run('fake-scenario:denied'), {
    exitCode: 1,
    failure: { code: 'TASK_DENIED' },
    data: { denials: [{ tool: 'Read' }] },
  })
  t.match(await run('fake-scenario:empty'), { exitCode: 1, failure: { code: 'CLAUDE_NO_ANSWER' } })
})

t.test('turns and budget of the policy end a task, and what it cost is told', async (t) => {
  const endless = Array.from({ length: 50 }, () => ({ ...glob, usage: { input_tokens: 100, output_tokens: 10 } }))
  const costly = Array.from({ length: 50 }, () => ({
    ...glob,
    usage: { input_tokens: 300_000, output_tokens: 20_000 },
  }))
  const { run } = await realTest(t, {
    scenarios: { endless, costly },
    security: { profiles: { inspect: { maxTurns: 3, maxBudgetUsd: 0.5 } } },
  })
  const turns = await run('fake-scenario:endless')
  t.match(turns, { exitCode: 1, failure: { code: 'CLAUDE_MAX_TURNS' }, data: { turns: 4 } })
  t.ok((turns.usage?.costUsd ?? 0) > 0)
  const budget = await run('fake-scenario:costly')
  t.match(budget, { exitCode: 1, failure: { code: 'CLAUDE_BUDGET_SPENT' } })
  t.ok((budget.usage?.costUsd ?? 0) > 0.5)
  t.match(budget.usage, { inputTokens: 300_000, outputTokens: 20_000 }, 'the turn that went over it counts')
})

t.test('each turn tells what those before it took; a task that is stopped has cost as much', async (t) => {
  // The CLI has a second to say what a turn took before the next begins.
  const turn = (input_tokens: number, output_tokens: number) => ({
    ...glob,
    ...{ delay: 1000, usage: { input_tokens, output_tokens, cache_read_input_tokens: 7000 } },
  })
  const { run, fake } = await realTest(t, {
    scenarios: { stopped: [turn(1000, 50), turn(2000, 60), { ...turn(1, 1), hang: true }] },
  })
  const cancel = new AbortController()
  const running = run('fake-scenario:stopped', { signal: cancel.signal })
  await waitUntil('the turn that hangs', () => fake.requests.length === 3, 60_000)
  await sleep(1000)
  cancel.abort()
  const { progress, data, usage, failure } = await running
  t.match(failure, { code: 'COMMAND_CANCELLED' })
  const tokens = (input_tokens: number, output_tokens: number, cache_read_input_tokens: number) => {
    return { input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens: 0 }
  }
  const [first, second, ...more] = progress.flatMap(({ data }) =>
    (data as Turn).event === 'turn' ? [data as Turn] : [],
  )
  t.same(first, { event: 'turn', turn: 1, cost_usd: 0, usage: tokens(0, 0, 0) })
  t.match(second, { turn: 2, usage: tokens(1000, 50, 7000) })
  t.same(more, [], 'an answer that never came began no turn')
  t.match(data, { turns: 2, usage: tokens(3000, 110, 14_000), layers: { requests_refused: 0 } })
  t.match(usage, { inputTokens: 3000, outputTokens: 110 })
  const [before, whole] = [second?.cost_usd ?? 0, usage?.costUsd ?? 0]
  t.ok(before > 0 && whole > before, `${before}, then ${whole}`)
})

t.test('each failure of the API has its exit code and error code', async (t) => {
  const cases: Record<string, object[]> = {
    CLAUDE_KEY_REJECTED: failing(401),
    CLAUDE_FORBIDDEN: failing(403),
    CLAUDE_BILLING: failing(400, { message: 'Your credit balance is too low to access the Anthropic API.' }),
    CLAUDE_MODEL_UNKNOWN: failing(404),
    CLAUDE_PROMPT_TOO_LONG: failing(400, { message: 'prompt is too long: 250000 tokens > 200000 maximum' }),
    CLAUDE_RATE_LIMITED: failing(429),
    CLAUDE_OVERLOADED: failing(529),
    CLAUDE_API_FAILED: failing(500),
    CLAUDE_DECLINED: [{ text: '', stop: 'refusal' }],
    CLAUDE_UNREACHABLE: [{ text: 'this is cut off', cutAfter: 1 }],
  }
  const { run } = await realTest(t, { scenarios: cases as never })
  for (const code of Object.keys(cases)) {
    const result = await run(`fake-scenario:${code}`)
    t.match(result, { exitCode: 1, failure: { code }, data: { session_id: String } }, code)
    t.equal(result.stderr, result.failure?.message, 'stderr is the sentence alone')
  }
})

t.test('an API that nobody answers for is unreachable', async (t) => {
  const { run } = await realTest(t, { environment: { ANTHROPIC_BASE_URL: 'http://127.0.0.1:1' } })
  t.match(await run('hello'), { exitCode: 1, failure: { code: 'CLAUDE_UNREACHABLE' } })
})

t.test('a wrong key is asked for three times, not eleven', async (t) => {
  const { run, fake } = await realTest(t, { scenarios: { wrong: failing(401) } })
  const { progress } = await run('fake-scenario:wrong')
  t.equal(fake.requests.length, 3)
  t.match(
    progress.filter(({ data }) => (data as { event?: string }).event === 'retry').map(({ data }) => data),
    [{ attempt: 1, max_attempts: 2, status: 401 }, { attempt: 2 }],
  )
})

t.test('an API that recovers is no failure', async (t) => {
  const { run } = await realTest(t, {
    scenarios: {
      passing: [{ error: { status: 529 }, times: 1, text: 'recovered' }],
      unstreamed: [{ error: { status: 404 }, times: 1, text: 'all at once' }],
    },
  })
  t.match(await run('fake-scenario:passing'), { exitCode: 0, stdout: 'recovered' })
  const { stdout, progress } = await run('fake-scenario:unstreamed')
  t.equal(stdout, 'all at once')
  const events = progress.map(({ data }) => (data as { event: string }).event)
  t.same(events, ['started', 'turn', 'text', 'result'], 'an answer that does not come in pieces is a turn as well')
})

t.test('a task that outlives its time ends with 124, an API that hangs or not', async (t) => {
  const { run } = await realTest(t, {
    scenarios: { hang: [{ hang: true }], trickle: [{ text: 'x'.repeat(2000), chunks: 2000, ms: 50 }] },
  })
  t.match(await run('fake-scenario:hang', { timeoutSeconds: 5 }), {
    exitCode: 124,
    failure: { code: 'COMMAND_TIMED_OUT' },
  })
  const trickle = await run('fake-scenario:trickle', { timeoutSeconds: 20 })
  t.match(trickle, { exitCode: 124, stdout: /^x+$/, data: { session_id: String } })
})

t.test('an answer that stalls is ended by the idle timeout', async (t) => {
  const { run } = await realTest(t, {
    scenarios: { stall: [{ text: 'this stalls and never ends', chunks: 8, stallAfter: 2 }] },
    config: { idleTimeoutSeconds: 20 },
  })
  t.match(await run('fake-scenario:stall'), { exitCode: 1, stdout: /^this/, failure: { code: 'CLAUDE_STALLED' } })
})

t.test('a cancelled task ends', async (t) => {
  const { run, fake } = await realTest(t, { scenarios: { hang: [{ hang: true }] } })
  const cancel = new AbortController()
  const running = run('fake-scenario:hang', { signal: cancel.signal })
  const asked = setInterval(() => fake.requests.length > 0 && cancel.abort(), 20)
  t.match(await running, { exitCode: -1, failure: { code: 'COMMAND_CANCELLED' } })
  clearInterval(asked)
})

t.test('a huge answer arrives within the output limit, its head and tail kept', async (t) => {
  const text = `begin ${'lorem ipsum '.repeat(450_000)} end`
  const { run } = await realTest(t, {
    scenarios: { huge: [{ text, chunks: 500, usage: { output_tokens: 1000 } }] },
  })
  const { exitCode, stdout } = await run('fake-scenario:huge')
  t.equal(exitCode, 0)
  t.match(stdout, /^begin /)
  t.match(stdout, / end$/)
  t.ok(stdout.length < 1_100_000, `${stdout.length} of ${text.length}`)
})

t.test('text is told while it is written', async (t) => {
  const { run } = await realTest(t, { scenarios: { slow: [{ text: 'one two three four five', chunks: 5, ms: 400 }] } })
  const { progress, stdout } = await run('fake-scenario:slow')
  const texts = progress.map(({ data }) => (data as { text?: string }).text).filter((text) => text !== undefined)
  t.ok(texts.length > 1)
  t.equal(texts.join(''), stdout)
})

t.test('tasks at the same time do not disturb each other', async (t) => {
  const { run } = await realTest(t, {
    scenarios: { one: [{ text: '1' }], two: [{ text: '2' }], three: [{ text: '3' }] },
  })
  const results = await Promise.all(['one', 'two', 'three'].map((name) => run(`fake-scenario:${name}`)))
  t.same(
    results.map(({ stdout }) => stdout),
    ['1', '2', '3'],
  )
})
