import t from 'tap'
import { makeTeller } from '../../../plugins/claude-task/progress.ts'
import { resultEvent } from './settings.ts'

function teller() {
  const told: { event: string; text?: string }[] = []
  const made = makeTeller((event) => told.push(event as { event: string }))
  return { ...made, told, text: () => told.map(({ text = '' }) => text).join('') }
}

t.test('small pieces of text are told together, before what follows them', async (t) => {
  const { tell, told } = teller()
  for (const text of ['a', 'b', 'c']) tell({ kind: 'text', text })
  t.same(told, [])
  tell({ kind: 'tool_use', id: 't1', tool: 'Read', target: 'x' })
  t.same(told, [
    { event: 'text', text: 'abc' },
    { event: 'tool_use', tool: 'Read', target: 'x' },
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

t.test('every other event has its own form, and an API error waits for the result', async (t) => {
  const { tell, told } = teller()
  tell({ kind: 'started', sessionId: 's', model: 'm', tools: [] })
  tell({ kind: 'denied', id: 't1', tool: 'Read', target: null, reason: 'outside' })
  tell({ kind: 'retry', attempt: 1, maxAttempts: 2, delayMs: 3, status: 529, error: 'overloaded' })
  tell({ kind: 'api_error', error: 'rate_limit' })
  tell(resultEvent())
  t.same(told, [
    { event: 'started', session_id: 's', model: 'm', tools: [] },
    { event: 'denied', tool: 'Read', target: null, reason: 'outside' },
    { event: 'retry', attempt: 1, max_attempts: 2, delay_ms: 3, status: 529, error: 'overloaded' },
    { event: 'result', is_error: false, turns: 1, cost_usd: 0.01 },
  ])
})
