import type { ClaudeEvent } from './events/event.ts'

/** How long text is gathered before it is told, in milliseconds: a reader sees it flow, the link carries few frames. */
const GATHER_MS = 200
/** Text is told at once from this many UTF-16 units on, and never in larger pieces. */
const MAX_PIECE = 4096

/** Tells whoever watches the command what Claude does. */
export interface Teller {
  tell(event: ClaudeEvent): void
  /** Tells what is still held back; call it once the run ended. */
  finish(): void
}

/**
 * Turns events into progress: `started`, `text`, `tool_use`, `denied`, `retry`, `result`, each an object with its name under
 * `event` and snake_case keys.
 */
export function makeTeller(emit: (event: object) => void): Teller {
  let text = ''
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
    tell(event) {
      if (event.kind === 'text') {
        text += event.text
        if (text.length >= MAX_PIECE) flush()
        else timer ??= setTimeout(flush, GATHER_MS)
        return
      }
      flush()
      const told = asProgress(event)
      if (told) emit(told)
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

function asProgress(event: Exclude<ClaudeEvent, { kind: 'text' }>): object | undefined {
  switch (event.kind) {
    case 'started':
      return { event: 'started', session_id: event.sessionId, model: event.model, tools: event.tools }
    case 'tool_use':
      return { event: 'tool_use', tool: event.tool, target: event.target }
    case 'denied':
      return { event: 'denied', tool: event.tool, target: event.target, reason: event.reason }
    case 'retry': {
      const { attempt, maxAttempts, delayMs, status, error } = event
      return { event: 'retry', attempt, max_attempts: maxAttempts, delay_ms: delayMs, status, error }
    }
    case 'result':
      return { event: 'result', is_error: event.isError, turns: event.turns, cost_usd: event.costUsd }
    case 'api_error':
      return undefined
  }
}
