import { type DecisionsRead, makeDecisions, type ToolVerdict } from './decisions.ts'
import type { ClaudeEvent, ClaudeResult, Spent, ToolUse } from './event.ts'
import { NOTHING } from './tokens.ts'

/** What is known of a run. */
export interface Transcript extends DecisionsRead {
  readonly sessionId: string | null
  readonly model: string | null
  readonly result: ClaudeResult | null
  /** Answers that began, and what was last known of what they took; for a run that ends without a result. */
  readonly soFar: Spent & { readonly turns: number }
  /** The CLI's last word for an API failure. */
  readonly apiError: string | null
  /** What Claude said since its last tool use, for a run that ends without a result; of a long text the end. */
  readonly lastText: string
  /** A tool that was used though nobody was asked; null: none was. */
  readonly ungated: string | null
}

/** A tool use with what became of it. */
export type DecidedUse = { readonly kind: 'decided' } & ToolUse & ToolVerdict

/** Collects what the events of one run tell. */
export interface TranscriptWriter {
  /** Takes the next event. */
  add(event: ClaudeEvent): void
  /** Takes the decision about a tool use; gives it to be told, null where it repeats one. */
  decide(use: ToolUse, verdict: ToolVerdict): DecidedUse | null
  isDecided(id: string): boolean
  /** Takes the end: what was not decided by now never will be. */
  close(): readonly DecidedUse[]
  /** As of now. */
  read(): Transcript
}

/** How much of an unfinished answer is kept, in UTF-16 units. */
const MAX_LAST_TEXT = 65_536

export function makeTranscript(): TranscriptWriter {
  const decisions = makeDecisions()
  const seen = {
    sessionId: null as string | null,
    model: null as string | null,
    result: null as ClaudeResult | null,
    soFar: { turns: 0, ...NOTHING },
    apiError: null as string | null,
    lastText: '',
    ungated: null as string | null,
  }

  function add(event: ClaudeEvent): void {
    if (event.kind === 'started') Object.assign(seen, { sessionId: event.sessionId, model: event.model })
    if (event.kind === 'turn') seen.soFar = { ...seen.soFar, turns: seen.soFar.turns + 1 }
    if (event.kind === 'spent') seen.soFar = { ...seen.soFar, costUsd: event.costUsd, tokens: event.tokens }
    if (event.kind === 'text') seen.lastText = endOf(seen.lastText + event.text)
    if (event.kind === 'api_error') seen.apiError = event.error
    if (event.kind === 'tool_use') {
      seen.lastText = ''
      decisions.seen(event)
    }
    if (event.kind === 'result') {
      seen.result = event
      seen.sessionId ??= event.sessionId
    }
  }

  function decide(use: ToolUse, verdict: ToolVerdict): DecidedUse | null {
    const complete = decisions.add(use, verdict)
    if (complete && verdict.by === 'cli' && verdict.decision === 'allow') seen.ungated = complete.tool
    return complete && { kind: 'decided', ...complete, ...verdict }
  }

  return {
    add,
    decide,
    isDecided: decisions.has,
    close() {
      const verdict = { decision: 'deny', rule: 'end of the task', by: 'agent', why: 'The task ended first.' } as const
      return decisions.open().flatMap((use) => decide(use, verdict) ?? [])
    },
    read: () => ({ ...seen, ...decisions.read() }),
  }
}

/** Cut only now and then: each cut copies the whole. */
function endOf(text: string): string {
  return text.length <= 2 * MAX_LAST_TEXT ? text : text.slice(-MAX_LAST_TEXT).toWellFormed()
}
