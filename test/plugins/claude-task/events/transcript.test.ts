import t from 'tap'
import { MAX_DECISIONS, MAX_DENIALS, type ToolVerdict } from '../../../../plugins/claude-task/events/decisions.ts'
import type { ClaudeEvent } from '../../../../plugins/claude-task/events/event.ts'
import { makeTranscript } from '../../../../plugins/claude-task/events/transcript.ts'
import { resultEvent } from '../settings.ts'

const started: ClaudeEvent = { kind: 'started', sessionId: 's', model: 'm', tools: ['Read', 'Glob'] }
const use = (id: string, tool: string) => ({ kind: 'tool_use', id, tool, target: `/${id}`, input: {} }) as const
const allowed: ToolVerdict = { decision: 'allow', rule: 'tools', by: 'policy', why: null }
const denied: ToolVerdict = { decision: 'deny', rule: 'baseDirectories', by: 'policy', why: 'outside' }

function transcriptOf(...events: ClaudeEvent[]) {
  const transcript = makeTranscript()
  for (const event of events) transcript.add(event)
  return transcript
}

t.test('a decision is kept and told once, with what the call was on', async (t) => {
  const transcript = transcriptOf(started, use('t1', 'Read'))
  const bare = { id: 't1', tool: 'Read', target: null }
  t.match(transcript.decide(bare, denied), { kind: 'decided', target: '/t1', decision: 'deny' })
  t.equal(transcript.decide(bare, allowed), null, 'the first one stands')
  t.equal(transcript.isDecided('t1'), true)
  const { decisions, denials } = transcript.read()
  t.same(decisions, [{ tool: 'Read', target: '/t1', decision: 'deny', rule: 'baseDirectories', by: 'policy' }])
  t.same(denials, [{ tool: 'Read', target: '/t1', reason: 'outside' }])
})

t.test('what is still open at the end is denied by the end', async (t) => {
  const transcript = transcriptOf(started, use('t1', 'Read'), use('t2', 'Glob'))
  transcript.decide(use('t1', 'Read'), allowed)
  t.match(transcript.close(), [{ id: 't2', decision: 'deny', by: 'agent' }])
  t.same(transcript.close(), [])
  t.equal(transcript.read().decisions.length, 2)
})

t.test('a tool that the CLI allowed itself is known', async (t) => {
  const transcript = transcriptOf(started, use('t1', 'Read'))
  t.equal(transcript.read().ungated, null)
  transcript.decide(use('t1', 'Read'), { ...allowed, by: 'cli' })
  t.equal(transcript.read().ungated, 'Read')
})

t.test('decisions and denials beyond the listed ones are counted', async (t) => {
  const transcript = transcriptOf(started)
  for (let at = 0; at < MAX_DECISIONS + 7; at++) transcript.decide(use(`t${at}`, 'Read'), denied)
  const { decisions, decisionsLeftOut, denials, denialsLeftOut } = transcript.read()
  t.same([decisions.length, decisionsLeftOut], [MAX_DECISIONS, 7])
  t.same([denials.length, denialsLeftOut], [MAX_DENIALS, MAX_DECISIONS + 7 - MAX_DENIALS])
})

t.test('the last text is what was said since the last tool use', async (t) => {
  const text = (text: string): ClaudeEvent => ({ kind: 'text', text })
  t.equal(transcriptOf(started, text('a'), use('t1', 'Read'), text('b'), text('c')).read().lastText, 'bc')
  const long = transcriptOf(...Array.from({ length: 300 }, () => text('x'.repeat(1024))), text('end')).read().lastText
  t.ok(long.length <= 131_072 && long.endsWith('end'))
})

t.test('answers are counted, and what they took is what was last told', async (t) => {
  const tokens = { input: 1, output: 2, cacheCreation: 3, cacheRead: 4 }
  const events: ClaudeEvent[] = [{ kind: 'turn' }, { kind: 'turn_end' }, { kind: 'spent', costUsd: 0.5, tokens }]
  t.same(transcriptOf(started, ...events, { kind: 'turn' }, { kind: 'turn_end' }).read().soFar, {
    turns: 2,
    costUsd: 0.5,
    tokens,
  })
  t.match(transcriptOf(started).read().soFar, { turns: 0, costUsd: 0 })
})

t.test('session and API error are kept', async (t) => {
  t.match(transcriptOf(started, { kind: 'api_error', error: 'rate_limit' }).read(), {
    sessionId: 's',
    model: 'm',
    apiError: 'rate_limit',
  })
  t.match(transcriptOf(resultEvent({ sessionId: 'r' })).read(), { sessionId: 'r', model: null })
  t.match(transcriptOf().read(), { sessionId: null, result: null, denials: [], lastText: '' })
})
