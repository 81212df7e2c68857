import type { ClaudeEvent, ClaudeResult, ToolUse } from './event.ts'
import { countOf, type Fields, fieldsOf, isFields, listOf, numberOf, textOf } from './fields.ts'
import { tokensOf, tokensOfModels } from './tokens.ts'

/** Longest `target` of a tool use that is kept; a command or pattern can be any size. */
const MAX_TARGET = 256
/** Longest reason or error text that is kept. */
const MAX_REASON = 256

/** Reads the lines of one run, in order. */
export type EventReader = (line: string) => readonly ClaudeEvent[]

/**
 * Makes a reader for the CLI's `stream-json` output. A line that is no JSON object gives nothing, and so does an event that it does
 * not know: newer versions add some, and one bad line must not lose the result.
 */
export function makeEventReader(): EventReader {
  // A text comes in pieces and then again whole; where the CLI fell back to an unstreamed request it comes whole alone.
  let streamed = false
  /** The id of the answer that is being told; each of its blocks comes in an event of its own. */
  let answer: string | null = null

  function readPiece(piece: Fields): readonly ClaudeEvent[] {
    if (piece.type === 'message_start') {
      answer = textOf(fieldsOf(piece, 'message'), 'id')
      return [{ kind: 'turn' }]
    }
    if (piece.type === 'message_stop') return [{ kind: 'turn_end' }]
    const text = pieceOfText(piece)
    if (text === null) return []
    streamed = true
    return [{ kind: 'text', text }]
  }

  function readWhole(event: Fields): readonly ClaudeEvent[] {
    const events = parseAssistant(event, streamed)
    streamed = false
    const { id, model } = fieldsOf(event, 'message')
    // What the CLI says in the model's place took no request.
    if (typeof id !== 'string' || id === answer || model === '<synthetic>') return events
    answer = id
    return [{ kind: 'turn' }, ...events, { kind: 'turn_end' }]
  }

  return (line) => {
    const event = parseObject(line)
    if (!event) return []
    if (event.type === 'stream_event') return readPiece(fieldsOf(event, 'event'))
    return event.type === 'assistant' ? readWhole(event) : parseEvent(event)
  }
}

function parseObject(line: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return isFields(value) ? value : undefined
  } catch {
    return undefined
  }
}

function parseEvent(event: Fields): readonly ClaudeEvent[] {
  if (event.type === 'result') return [parseResult(event)]
  if (event.type === 'user') return parseUser(event)
  if (event.type === 'control_request') return parseControl(event)
  if (event.type === 'control_response') return parseAnswer(event)
  if (event.type === 'control_cancel_request') {
    return [{ kind: 'permission_withdrawn', requestId: textOf(event, 'request_id') ?? '' }]
  }
  if (event.type !== 'system') return []
  if (event.subtype === 'init') return [parseInit(event)]
  if (event.subtype === 'permission_denied') return [parseDenied(event)]
  if (event.subtype === 'api_retry') return [parseRetry(event)]
  return []
}

function pieceOfText(piece: Fields): string | null {
  const delta = fieldsOf(piece, 'delta')
  const text = delta.type === 'text_delta' ? textOf(delta, 'text') : null
  return text === '' ? null : text
}

function parseAssistant(event: Fields, textIsKnown: boolean): readonly ClaudeEvent[] {
  const error = textOf(event, 'error')
  // With an error the text is the CLI's own message, which the result brings again.
  if (error !== null) return [{ kind: 'api_error', error: cut(error, MAX_REASON) }]
  return listOf(fieldsOf(event, 'message'), 'content').flatMap((block): readonly ClaudeEvent[] => {
    if (block.type === 'tool_use') {
      return [{ kind: 'tool_use', ...toolUse(block, 'id', 'name', 'input'), input: fieldsOf(block, 'input') }]
    }
    const text = block.type === 'text' && !textIsKnown ? textOf(block, 'text') : null
    return text === null || text === '' ? [] : [{ kind: 'text', text }]
  })
}

/** What a tool brought; of its content only as much as a sentence holds. */
function parseUser(event: Fields): readonly ClaudeEvent[] {
  return listOf(fieldsOf(event, 'message'), 'content').flatMap((block): readonly ClaudeEvent[] => {
    if (block.type !== 'tool_result') return []
    const isError = block.is_error === true
    const text = isError ? (textOf(block, 'content') ?? '') : ''
    return [{ kind: 'tool_result', id: textOf(block, 'tool_use_id') ?? '', isError, text: cut(text, MAX_REASON) }]
  })
}

function parseControl(event: Fields): readonly ClaudeEvent[] {
  const request = fieldsOf(event, 'request')
  if (request.subtype !== 'can_use_tool') return []
  const use = toolUse(request, 'tool_use_id', 'tool_name', 'input')
  const requestId = textOf(event, 'request_id') ?? ''
  return [{ kind: 'permission', requestId, ...use, input: fieldsOf(request, 'input') }]
}

/** Nothing but usage is ever asked of the CLI. One that does not know the question answers with an error. */
function parseAnswer(event: Fields): readonly ClaudeEvent[] {
  const session = fieldsOf(fieldsOf(fieldsOf(event, 'response'), 'response'), 'session')
  const costUsd = numberOf(session, 'total_cost_usd', null)
  if (costUsd === null) return []
  return [{ kind: 'spent', costUsd: Math.max(0, costUsd), tokens: tokensOfModels(fieldsOf(session, 'model_usage')) }]
}

function parseInit(event: Fields): ClaudeEvent {
  const tools = Array.isArray(event.tools) ? event.tools.filter((name) => typeof name === 'string') : []
  return { kind: 'started', sessionId: textOf(event, 'session_id'), model: textOf(event, 'model'), tools }
}

function parseDenied(event: Fields): ClaudeEvent {
  const reason = textOf(event, 'decision_reason') ?? textOf(event, 'message')
  const use = toolUse(event, 'tool_use_id', 'tool_name', 'tool_input')
  return { kind: 'denied', ...use, reason: reason === null ? null : cut(reason, MAX_REASON) }
}

function parseRetry(event: Fields): ClaudeEvent {
  return {
    kind: 'retry',
    attempt: countOf(event, 'attempt'),
    maxAttempts: countOf(event, 'max_retries'),
    delayMs: countOf(event, 'retry_delay_ms'),
    status: numberOf(event, 'error_status', null),
    error: textOf(event, 'error'),
  }
}

function parseResult(event: Fields): ClaudeResult {
  const errors = Array.isArray(event.errors) ? event.errors.filter((text) => typeof text === 'string') : []
  return {
    kind: 'result',
    subtype: textOf(event, 'subtype') ?? 'unknown',
    isError: event.is_error !== false,
    text: textOf(event, 'result'),
    errors,
    turns: countOf(event, 'num_turns'),
    costUsd: Math.max(0, numberOf(event, 'total_cost_usd', 0)),
    sessionId: textOf(event, 'session_id'),
    stopReason: textOf(event, 'stop_reason'),
    terminalReason: textOf(event, 'terminal_reason'),
    apiStatus: numberOf(event, 'api_error_status', null),
    tokens: tokensOf(event),
    denials: listOf(event, 'permission_denials').map((use) => toolUse(use, 'tool_use_id', 'tool_name', 'tool_input')),
  }
}

function toolUse(from: Fields, id: string, name: string, input: string): ToolUse {
  return {
    id: textOf(from, id) ?? '',
    tool: cut(textOf(from, name) ?? 'unknown', 128),
    target: targetOf(fieldsOf(from, input)),
  }
}

/** What the tool was to be used on, by the names that the CLI's tools give it. */
function targetOf(input: Fields): string | null {
  for (const key of ['file_path', 'command', 'pattern', 'path', 'url']) {
    const value = textOf(input, key)
    if (value !== null) return cut(value, MAX_TARGET)
  }
  return null
}

/** At most `length` UTF-16 units, no character halved. */
function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`
}
