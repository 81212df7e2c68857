import { ERROR_CODES } from '@gururmm/plugin-sdk'
import t from 'tap'
import type { ClaudeResult } from '../../../plugins/claude-task/events/event.ts'
import { NOTHING } from '../../../plugins/claude-task/events/tokens.ts'
import { type Evidence, judge } from '../../../plugins/claude-task/verdict.ts'
import { configWith, policyWith, resultEvent } from './settings.ts'

interface Changes extends Partial<Omit<Evidence, 'end' | 'transcript'>> {
  readonly end?: Partial<Evidence['end']>
  readonly transcript?: Partial<Evidence['transcript']>
}

function verdict({ end, transcript, ...others }: Changes = {}) {
  return judge({
    transcript: {
      sessionId: 's',
      model: 'm',
      result: resultEvent(),
      soFar: { turns: 1, ...NOTHING },
      apiError: null,
      lastText: '',
      denials: [],
      denialsLeftOut: 0,
      decisions: [],
      decisionsLeftOut: 0,
      ungated: null,
      ...transcript,
    },
    end: { exitCode: 0, signal: null, endedBy: 'exit', ...end },
    complaint: '',
    config: configWith(),
    policy: policyWith(),
    unreached: null,
    ...others,
  })
}

const withResult = (changes: Partial<ClaudeResult>, apiError: string | null = null) =>
  verdict({
    end: { exitCode: 1 },
    transcript: { result: resultEvent({ isError: true, text: 'API Error', ...changes }), apiError },
  })

const denials = [{ tool: 'Read', target: '/etc/passwd', reason: 'outside' }]

t.test('an answer is an answer, also with denials', async (t) => {
  t.same(verdict(), { answer: 'the answer' })
  t.same(verdict({ transcript: { denials } }), { answer: 'the answer' })
})

t.test('an answer stands when the CLI had to be stopped after it', async (t) => {
  t.same(verdict({ end: { exitCode: 143, endedBy: 'stop' } }), { answer: 'the answer' })
  t.same(verdict({ end: { exitCode: null, signal: 'SIGKILL', endedBy: 'idle' } }), { answer: 'the answer' })
})

t.test('a success that ends with another exit code is none', async (t) => {
  t.match(verdict({ end: { exitCode: 3 }, complaint: 'boom' }), { code: 'CLAUDE_FAILED', message: /exit code 3.*boom/ })
})

t.test('no answer is a failure, which names the first denial where there is one', async (t) => {
  const result = resultEvent({ text: ' \n' })
  t.match(verdict({ transcript: { result } }), { code: 'CLAUDE_NO_ANSWER' })
  t.match(verdict({ transcript: { result, denials, denialsLeftOut: 2 } }), {
    code: 'TASK_DENIED',
    message: /Read on "\/etc\/passwd" \(outside\) and 2 more tool uses/,
  })
})

t.test('a run without a result has crashed, was killed, or fell silent', async (t) => {
  const transcript = { result: null }
  t.match(verdict({ transcript }), { code: 'CLAUDE_NO_RESULT' })
  t.match(verdict({ transcript, end: { exitCode: 1 }, complaint: 'unknown option' }), {
    code: 'CLAUDE_FAILED',
    message: /unknown option/,
  })
  t.match(verdict({ transcript, end: { exitCode: null, signal: 'SIGSEGV' } }), {
    code: 'CLAUDE_FAILED',
    message: /SIGSEGV/,
  })
  t.match(verdict({ transcript, end: { exitCode: 143, endedBy: 'idle' } }), {
    code: 'CLAUDE_STALLED',
    message: /180 seconds/,
  })
})

t.test('limits of the policy have codes of their own', async (t) => {
  t.match(withResult({ subtype: 'error_max_turns', text: null }), { code: 'CLAUDE_MAX_TURNS', message: /30 turns/ })
  t.match(withResult({ subtype: 'error_max_budget_usd', text: null, costUsd: 1.25 }), {
    code: 'CLAUDE_BUDGET_SPENT',
    message: /\$1\.25.*\$1/,
  })
  t.match(withResult({ subtype: 'error_during_execution', text: null, errors: ['odd'] }), {
    code: 'CLAUDE_FAILED',
    message: /odd/,
  })
})

t.test('each API failure has its code', async (t) => {
  const cases: [string, Partial<ClaudeResult>, string?][] = [
    ['CLAUDE_KEY_REJECTED', { apiStatus: 401 }, 'authentication_failed'],
    ['CLAUDE_KEY_REJECTED', {}, 'authentication_failed'],
    ['CLAUDE_FORBIDDEN', { apiStatus: 403 }, 'authentication_failed'],
    ['CLAUDE_BILLING', { apiStatus: 400 }, 'billing_error'],
    ['CLAUDE_BILLING', { apiStatus: 402 }, 'unknown'],
    ['CLAUDE_MODEL_UNKNOWN', { apiStatus: 404 }, 'model_not_found'],
    ['CLAUDE_PROMPT_TOO_LONG', { apiStatus: 400, terminalReason: 'prompt_too_long' }, 'invalid_request'],
    ['CLAUDE_PROMPT_TOO_LONG', { apiStatus: 413 }, 'invalid_request'],
    ['CLAUDE_RATE_LIMITED', { apiStatus: 429 }, 'rate_limit'],
    ['CLAUDE_OVERLOADED', { apiStatus: 529 }, 'server_error'],
    ['CLAUDE_UNREACHABLE', {}, 'server_error'],
    ['CLAUDE_DECLINED', { stopReason: 'refusal' }, 'invalid_request'],
    ['CLAUDE_API_FAILED', { apiStatus: 500 }, 'server_error'],
    ['CLAUDE_API_FAILED', { apiStatus: 400 }, 'unknown'],
    ['CLAUDE_API_FAILED', {}, 'invalid_request'],
  ]
  for (const [code, result, error] of cases) t.match(withResult(result, error ?? null), { code }, `${code} ${error}`)
})

t.test('what may pass says when to try again', async (t) => {
  t.match(withResult({ apiStatus: 429 }), { retryAfterSeconds: Number })
  t.match(withResult({ apiStatus: 529 }), { retryAfterSeconds: Number })
  t.notOk('retryAfterSeconds' in withResult({ apiStatus: 401 }))
})

t.test('a missing sandbox is told as such, only where one is asked for', async (t) => {
  const complaint = 'Error: sandbox required but unavailable'
  const noResult = { transcript: { result: null }, end: { exitCode: 1 }, complaint }
  t.match(verdict({ ...noResult, policy: policyWith('operate') }), { code: 'CLAUDE_SANDBOX_MISSING', refused: true })
  t.match(verdict(noResult), { code: 'CLAUDE_FAILED' })
})

t.test('a tool that was used unasked is the first thing to tell', async (t) => {
  t.match(verdict({ transcript: { ungated: 'Read' } }), { code: 'CLAUDE_UNGATED', message: /used Read without asking/ })
})

t.test('every code it gives is in the table of errors, with exit code 1', async (t) => {
  const codes = [
    'TASK_DENIED',
    ...Object.keys(ERROR_CODES).filter((code) => /^CLAUDE_(?!MISSING|TOO_OLD|UNUSABLE|SANDBOX|ROUTE)/.test(code)),
  ]
  for (const code of codes) t.equal((ERROR_CODES as Record<string, { exitCode?: number }>)[code]?.exitCode, 1, code)
})

t.test('an API out of reach is told with what the broker saw', async (t) => {
  const result = resultEvent({ isError: true, text: 'Connection error.', apiStatus: null })
  const unreached = 'connect ECONNREFUSED 10.0.0.1:443'
  t.match(verdict({ transcript: { result }, unreached }), { code: 'CLAUDE_UNREACHABLE', message: /ECONNREFUSED/ })
})

t.test('a working directory that was swapped at the start is no failure of the CLI', async (t) => {
  const swapped = verdict({ transcript: { result: null }, end: { exitCode: 97 } })
  t.match(swapped, { code: 'DIRECTORY_OUTSIDE', refused: true })
})
