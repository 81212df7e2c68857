import t from 'tap'
import { makeTeller } from '../../../plugins/claude-task/progress.ts'
import { resultEvent } from './settings.ts'

const usageOf = (input: number, output: number, creation: number, read: number) => ({
  input_tokens: input,
  output_tokens: output,
  cache_creation_input_tokens: creation,
  cache_read_input_tokens: read,
})
/** Before the first answer. */
const NONE = { cost_usd: 0, usage: usageOf(0, 0, 0, 0) }

function teller() {
  const told: { event: string; text?: string }[] = []
  const made = makeTeller((event) => told.push(event as { event: string }))
  return { ...made, told, text: () => told.map(({ text = '' }) => text).join('') }
}

t.test('small pieces of text are told together, before what follows them', async (t) => {
  const { tell, told } = teller()
  for (const text of ['a', 'b', 'c']) tell({ kind: 'text', text })
  t.same(told, [])
  tell({ kind: 'turn' })
  t.same(told, [
    { event: 'text', text: 'abc' },
    { event: 'turn', turn: 1, ...NONE },
  ])
})

t.test('a turn tells what those before it took, once the CLI has said it', async (t) => {
  const { tell, told } = teller()
  const tokens = { input: 10, output: 20, cacheCreation: 30, cacheRead: 40 }
  tell({ kind: 'turn' })
  // An answer that was cut off, and asked for again.
  tell({ kind: 'turn' })
  tell({ kind: 'turn_end' })
  tell({ kind: 'turn' })
  tell({ kind: 'spent', costUsd: 0.5, tokens })
  tell({ kind: 'turn' })
  t.same(told, [
    { event: 'turn', turn: 1, ...NONE },
    { event: 'turn', turn: 2, ...NONE },
    { event: 'turn', turn: 3, cost_usd: null, usage: null },
    { event: 'turn', turn: 4, cost_usd: 0.5, usage: usageOf(10, 20, 30, 40) },
  ])
})

t.test('text is told after a moment though nothing follows it', async (t) => {
  const { tell, told } = teller()
  tell({ kind: 'text', text: 'a' })
  const deadline = Date.now() + 20_000
  while (told.length === 0 && Date.now() < deadline) await new Promise((done) => setTimeout(done, 20))
  t.same(told, [{ event: 'text', text: 'a' }])
})

t.test('what is held back is told at the end, once', async (t) => {
  const { tell, finish, told } = teller()
  tell({ kind: 'text', text: 'rest' })
  finish()
  finish()
  t.same(told, [{ event: 'text', text: 'rest' }])
})

t.test('a long text is told in pieces that halve no character', async (t) => {
  const { tell, finish, told, text } = teller()
  const long = `x${'😀'.repeat(5000)}`
  tell({ kind: 'text', text: long })
  finish()
  t.equal(text(), long)
  t.ok(told.length > 2)
  t.ok(told.every(({ text = '' }) => text.length <= 4096 && text.isWellFormed()))
})

t.test('every other event has its own form, and what the CLI alone concerns is not told', async (t) => {
  const { tell, told } = teller()
  tell({ kind: 'started', sessionId: 's', model: 'm', tools: [] })
  tell({ kind: 'turn' })
  tell({ kind: 'denied', id: 't1', tool: 'Read', target: null, reason: 'outside' })
  const use = { kind: 'decided', id: 't1', tool: 'Read', target: 'a' } as const
  tell({ ...use, decision: 'allow', rule: 'tools', by: 'policy', why: 'has it' })
  tell({ ...use, decision: 'deny', rule: 'baseDirectories', by: 'policy', why: 'outside' })
  tell({ kind: 'asking', tool: 'Bash', target: 'id', rule: 'commands', seconds: 60 })
  tell({ kind: 'retry', attempt: 1, maxAttempts: 2, delayMs: 3, status: 529, error: 'overloaded' })
  tell({ kind: 'api_error', error: 'rate_limit' })
  tell(resultEvent())
  t.same(told, [
    { event: 'started', session_id: 's', model: 'm', tools: [] },
    { event: 'turn', turn: 1, ...NONE },
    { event: 'tool_use', tool: 'Read', target: 'a', decision: 'allow', rule: 'tools', by: 'policy' },
    {
      event: 'tool_use',
      tool: 'Read',
      target: 'a',
      decision: 'deny',
      rule: 'baseDirectories',
      by: 'policy',
      reason: 'outside',
    },
    { event: 'approval', tool: 'Bash', target: 'id', rule: 'commands', seconds: 60 },
    { event: 'retry', attempt: 1, max_attempts: 2, delay_ms: 3, status: 529, error: 'overloaded' },
    { event: 'result', is_error: false, turns: 1, cost_usd: 0.01, usage: usageOf(1, 2, 3, 4) },
  ])
})
