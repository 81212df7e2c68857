import type { ClaudeEvent, Spent } from './events/event.ts'
import { NOTHING, tokenFields } from './events/tokens.ts'
import type { DecidedUse } from './events/transcript.ts'

/** How long text is gathered before it is told, in milliseconds: a reader sees it flow, the link carries few frames. */
const GATHER_MS = 200
/** Text is told at once from this many UTF-16 units on, and never in larger pieces. */
const MAX_PIECE = 4096

/** A person is asked about a tool use. */
export interface Asking {
  readonly kind: 'asking'
  readonly tool: string
  readonly target: string | null
  readonly rule: string
  /** How long at most, in seconds. */
  readonly seconds: number
}

/** What may be told. */
export type News = ClaudeEvent | DecidedUse | Asking

/** Tells whoever watches the command what Claude does. */
export interface Teller {
  tell(news: News): void
  /** Tells what is still held back; call it once the run ended. */
  finish(): void
}

/**
 * Turns news into progress: `started`, `turn`, `text`, `approval`, `tool_use`, `retry`, `result`, each an object with its name under
 * `event` and snake_case keys. The rest is the CLI's affair. A `turn` tells what the answers before it took, null as long as the CLI
 * has not told that.
 */
export function makeTeller(emit: (event: object) => void): Teller {
  let text = ''
  let turn = 0
  let spent: Spent | null = NOTHING
  let timer: NodeJS.Timeout | undefined

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    for (let at = 0; at < text.length; ) {
      const end = endOfPiece(text, at)
      emit({ event: 'text', text: text.slice(at, end) })
      at = end
    }
    text = ''
  }

  return {
    tell(news) {
      if (news.kind === 'text') {
        text += news.text
        if (text.length >= MAX_PIECE) flush()
        else timer ??= setTimeout(flush, GATHER_MS)
        return
      }
      if (news.kind === 'turn') turn += 1
      if (news.kind === 'turn_end') spent = null
      if (news.kind === 'spent') spent = news
      const told = news.kind === 'turn' ? { event: 'turn', turn, ...spentFields(spent) } : asProgress(news)
      if (told === undefined) return
      // In the order in which things happened.
      flush()
      emit(told)
    },
    finish: flush,
  }
}

/** Never between the halves of a surrogate pair. */
function endOfPiece(text: string, at: number): number {
  const end = Math.min(text.length, at + MAX_PIECE)
  const last = text.charCodeAt(end - 1)
  return end < text.length && last >= 0xd800 && last <= 0xdbff ? end - 1 : end
}

function spentFields(spent: Spent | null): object {
  return { cost_usd: spent?.costUsd ?? null, usage: spent && tokenFields(spent.tokens) }
}

function asProgress(news: News): object | undefined {
  switch (news.kind) {
    case 'started':
      return { event: 'started', session_id: news.sessionId, model: news.model, tools: news.tools }
    case 'decided': {
      const { tool, target, decision, rule, by, why } = news
      return { event: 'tool_use', tool, target, decision, rule, by, ...(decision === 'deny' && { reason: why }) }
    }
    case 'asking': {
      const { tool, target, rule, seconds } = news
      return { event: 'approval', tool, target, rule, seconds }
    }
    case 'retry': {
      const { attempt, maxAttempts, delayMs, status, error } = news
      return { event: 'retry', attempt, max_attempts: maxAttempts, delay_ms: delayMs, status, error }
    }
    case 'result':
      return { event: 'result', is_error: news.isError, turns: news.turns, ...spentFields(news) }
    default:
      return undefined
  }
}
