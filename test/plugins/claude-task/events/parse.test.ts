import t from 'tap'
import { makeEventReader } from '../../../../plugins/claude-task/events/parse.ts'

const read = (...events: unknown[]) => {
  const reader = makeEventReader()
  return events.flatMap((event) => reader(typeof event === 'string' ? event : JSON.stringify(event)))
}
const delta = (text: string) => ({
  type: 'stream_event',
  event: { type: 'content_block_delta', delta: { type: 'text_delta', text } },
})
const said = (text: string) => ({ type: 'assistant', message: { content: [{ type: 'text', text }] } })

t.test('the start tells session, model and tools', async (t) => {
  const init = { type: 'system', subtype: 'init', session_id: 's', model: 'm', tools: ['Read', 7] }
  t.same(read(init), [{ kind: 'started', sessionId: 's', model: 'm', tools: ['Read'] }])
})

t.test('a text that came in pieces is not told again', async (t) => {
  t.same(read(delta('Hel'), delta('lo'), said('Hello')), [
    { kind: 'text', text: 'Hel' },
    { kind: 'text', text: 'lo' },
  ])
})

t.test('a text that came only whole is told', async (t) => {
  t.same(read(delta('one'), said('one'), said('two')), [
    { kind: 'text', text: 'one' },
    { kind: 'text', text: 'two' },
  ])
})

t.test('an answer has a beginning and an end, however it comes', async (t) => {
  const piece = (type: string, more: object = {}) => ({ type: 'stream_event', event: { type, ...more } })
  const block = (id: string, text: string, model = 'm') => {
    return { type: 'assistant', message: { id, model, content: [{ type: 'text', text }] } }
  }
  const streamed = [piece('message_start', { message: { id: 'a' } }), delta('one'), block('a', 'one')]
  t.same(read(...streamed, block('a', 'more'), piece('message_stop')), [
    { kind: 'turn' },
    { kind: 'text', text: 'one' },
    { kind: 'text', text: 'more' },
    { kind: 'turn_end' },
  ])
  t.same(read(block('b', 'one'), block('b', 'two'), block('c', 'the CLI’s own', '<synthetic>')), [
    { kind: 'turn' },
    { kind: 'text', text: 'one' },
    { kind: 'turn_end' },
    { kind: 'text', text: 'two' },
    { kind: 'text', text: 'the CLI’s own' },
  ])
})

t.test('the CLI’s answer to what was spent is read, and that it has none', async (t) => {
  const answer = (response: object) => ({ type: 'control_response', response: { request_id: 'r', ...response } })
  const session = {
    total_cost_usd: 0.25,
    model_usage: { m: { inputTokens: 1, outputTokens: 2, cacheCreationInputTokens: 3, cacheReadInputTokens: 4 } },
  }
  t.same(read(answer({ subtype: 'success', response: { session, rate_limits: null } })), [
    { kind: 'spent', costUsd: 0.25, tokens: { input: 1, output: 2, cacheCreation: 3, cacheRead: 4 } },
  ])
  t.same(read(answer({ subtype: 'error', error: 'Unsupported' }), answer({ response: 7 }), answer({})), [])
})

t.test('a tool use names what it is on, and a denial why', async (t) => {
  const use = { type: 'tool_use', id: 't1', name: 'Read', input: { file_path: '/etc/passwd' } }
  const denied = {
    type: 'system',
    subtype: 'permission_denied',
    tool_name: 'Read',
    tool_use_id: 't1',
    decision_reason: 'outside',
  }
  t.same(read({ type: 'assistant', message: { content: [use] } }, denied), [
    { kind: 'tool_use', id: 't1', tool: 'Read', target: '/etc/passwd', input: { file_path: '/etc/passwd' } },
    { kind: 'denied', id: 't1', tool: 'Read', target: null, reason: 'outside' },
  ])
})

t.test('what the CLI asks, withdraws and brings of a tool is told', async (t) => {
  const request = { subtype: 'can_use_tool', tool_name: 'Bash', tool_use_id: 't1', input: { command: 'id' } }
  const result = { type: 'tool_result', tool_use_id: 't1', is_error: true, content: 'x'.repeat(1000) }
  const events = read(
    { type: 'control_request', request_id: 'r1', request },
    { type: 'control_request', request_id: 'r2', request: { subtype: 'initialize' } },
    { type: 'control_cancel_request', request_id: 'r1' },
    { type: 'user', message: { role: 'user', content: [result, { type: 'text', text: 'x' }] } },
    { type: 'user', message: { role: 'user', content: 'plain' } },
  )
  t.match(events, [
    { kind: 'permission', requestId: 'r1', id: 't1', tool: 'Bash', target: 'id', input: { command: 'id' } },
    { kind: 'permission_withdrawn', requestId: 'r1' },
    { kind: 'tool_result', id: 't1', isError: true, text: /^x{255}…$/ },
  ])
  t.equal(events.length, 3)
})

t.test('a retry and an API error are told', async (t) => {
  const retry = {
    type: 'system',
    subtype: 'api_retry',
    attempt: 1,
    max_retries: 2,
    retry_delay_ms: 595.5,
    error_status: 529,
    error: 'overloaded',
  }
  const failed = { type: 'assistant', error: 'rate_limit', message: { content: [{ type: 'text', text: 'API Error' }] } }
  t.same(read(retry, failed), [
    { kind: 'retry', attempt: 1, maxAttempts: 2, delayMs: 595, status: 529, error: 'overloaded' },
    { kind: 'api_error', error: 'rate_limit' },
  ])
})

t.test('a result is read whole', async (t) => {
  const [result] = read({
    type: 'result',
    subtype: 'success',
    is_error: false,
    result: 'done',
    num_turns: 2,
    total_cost_usd: 0.5,
    session_id: 's',
    stop_reason: 'end_turn',
    terminal_reason: 'completed',
    api_error_status: null,
    usage: { input_tokens: 1, output_tokens: 2, cache_creation_input_tokens: 3, cache_read_input_tokens: 4 },
    permission_denials: [{ tool_name: 'Glob', tool_use_id: 't1', tool_input: { pattern: '/**' } }],
  })
  t.match(result, {
    kind: 'result',
    isError: false,
    text: 'done',
    turns: 2,
    costUsd: 0.5,
    tokens: { input: 1, output: 2, cacheCreation: 3, cacheRead: 4 },
    denials: [{ id: 't1', tool: 'Glob', target: '/**' }],
  })
})

t.test('a result that says nothing of an error is not taken for a success', async (t) => {
  t.match(read({ type: 'result' }), [
    { kind: 'result', subtype: 'unknown', isError: true, text: null, turns: 0, costUsd: 0 },
  ])
})

t.test('values of the wrong type do no harm', async (t) => {
  const odd = {
    type: 'result',
    subtype: 7,
    is_error: 'no',
    result: {},
    num_turns: -3.5,
    total_cost_usd: 'x',
    usage: [],
    permission_denials: {},
    errors: [1, 'e'],
  }
  t.match(read(odd), [
    { subtype: 'unknown', isError: true, text: null, errors: ['e'], turns: 0, costUsd: 0, denials: [] },
  ])
  t.same(
    read(
      { type: 'assistant', message: null },
      { type: 'assistant', message: { content: 'x' } },
      { type: 'stream_event' },
    ),
    [],
  )
})

t.test('broken lines and unknown events are passed over, and what follows is read', async (t) => {
  const lines = [
    '',
    'not json',
    '{"type":"result"',
    '[]',
    'null',
    '7',
    { type: 'system', subtype: 'new' },
    { type: 'future' },
    {},
  ]
  t.same(read(...lines, said('still here')), [{ kind: 'text', text: 'still here' }])
})

t.test('long targets are cut without halving a character', async (t) => {
  const use = { type: 'tool_use', id: 't1', name: 'Bash', input: { command: '😀'.repeat(1000) } }
  const [event] = read({ type: 'assistant', message: { content: [use] } })
  const { target } = event as { target: string }
  t.ok(target.length <= 256)
  t.ok(target.isWellFormed())
})
