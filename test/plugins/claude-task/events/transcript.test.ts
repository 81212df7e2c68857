import t from 'tap'
import { MAX_DENIALS } from '../../../../plugins/claude-task/events/denials.ts'
import type { ClaudeEvent, ClaudeResult } from '../../../../plugins/claude-task/events/event.ts'
import { makeTranscript } from '../../../../plugins/claude-task/events/transcript.ts'
import { resultEvent } from '../settings.ts'

const started: ClaudeEvent = { kind: 'started', sessionId: 's', model: 'm', tools: ['Read', 'Glob'] }
const use = (id: string, tool: string): ClaudeEvent => ({ kind: 'tool_use', id, tool, target: `/${id}` })
const denied = (id: string): ClaudeEvent => ({ kind: 'denied', id, tool: 'Read', target: null, reason: 'outside' })

function transcriptOf(...events: ClaudeEvent[]) {
  const transcript = makeTranscript()
  const told = events.flatMap((event) => transcript.add(event))
  return { ...transcript.read(), told }
}

t.test('a denial is told once, with what the call was on', async (t) => {
  const result: ClaudeResult = resultEvent({ denials: [{ id: 't1', tool: 'Read', target: '/t1' }] })
  const { denials, told } = transcriptOf(started, use('t1', 'Read'), denied('t1'), denied('t1'), result)
  t.same(denials, [{ tool: 'Read', target: '/t1', reason: 'outside' }])
  t.same(
    told.map((event) => event.kind),
    ['started', 'tool_use', 'denied', 'result'],
  )
})

t.test('a denial that only the result names counts', async (t) => {
  const { denials } = transcriptOf(started, resultEvent({ denials: [{ id: 't9', tool: 'Glob', target: '/' }] }))
  t.same(denials, [{ tool: 'Glob', target: '/', reason: null }])
})

t.test('the call of a tool that the run does not have counts as denied', async (t) => {
  const { denials, told } = transcriptOf(started, use('t1', 'Bash'), use('t2', 'Read'))
  t.match(denials, [{ tool: 'Bash', target: '/t1' }])
  t.same(
    told.map((event) => event.kind),
    ['started', 'tool_use', 'denied', 'tool_use'],
  )
})

t.test('denials beyond the listed ones are counted', async (t) => {
  const many = Array.from({ length: MAX_DENIALS + 7 }, (_, at) => denied(`t${at}`))
  const { denials, denialsLeftOut } = transcriptOf(started, ...many)
  t.equal(denials.length, MAX_DENIALS)
  t.equal(denialsLeftOut, 7)
})

t.test('the last text is what was said since the last tool use', async (t) => {
  const text = (text: string): ClaudeEvent => ({ kind: 'text', text })
  t.equal(transcriptOf(started, text('a'), use('t1', 'Read'), text('b'), text('c')).lastText, 'bc')
  const long = transcriptOf(...Array.from({ length: 300 }, () => text('x'.repeat(1024))), text('end')).lastText
  t.ok(long.length <= 131_072 && long.endsWith('end'))
})

t.test('session and API error are kept', async (t) => {
  t.match(transcriptOf(started, { kind: 'api_error', error: 'rate_limit' }), {
    sessionId: 's',
    model: 'm',
    apiError: 'rate_limit',
  })
  t.match(transcriptOf(resultEvent({ sessionId: 'r' })), { sessionId: 'r', model: null })
  t.match(transcriptOf(), { sessionId: null, result: null, denials: [], lastText: '' })
})
