import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { MessagesRequest, Step } from './scenarios.ts'

/** A content block of the scripted model. */
type Block =
  | { type: 'text'; text: string }
  | { type: 'thinking'; thinking: string; signature: string }
  | { type: 'tool_use'; id: string; name: string; input: unknown }

const newId = (prefix: string) => `${prefix}_fake${randomUUID().slice(0, 8)}`

/** The whole message that answers a request with a step. */
export function messageFor(body: MessagesRequest, step: Step) {
  const content = contentOf(body, step)
  const calls = content.some((block) => block.type === 'tool_use')
  const guess = Math.ceil(JSON.stringify(body.messages ?? []).length / 4)
  return {
    id: newId('msg'),
    type: 'message',
    role: 'assistant',
    model: body.model ?? 'fake-model',
    content,
    stop_reason: step.stop ?? (calls ? 'tool_use' : 'end_turn'),
    stop_sequence: null,
    usage: {
      input_tokens: step.usage?.input_tokens ?? guess,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: step.usage?.cache_read_input_tokens ?? 0,
      output_tokens: step.usage?.output_tokens ?? Math.ceil((step.text ?? '').length / 4) + 10,
      service_tier: 'standard',
    },
  }
}

function contentOf(body: MessagesRequest, step: Step): Block[] {
  const content: Block[] = []
  if (step.thinking) content.push({ type: 'thinking', thinking: step.thinking, signature: 'ZmFrZQ==' })
  if (step.text !== undefined) content.push({ type: 'text', text: step.text })
  const mayCall = step.force || (body.tools ?? []).length > 0
  for (const { name, input } of mayCall ? (step.calls ?? []) : []) {
    content.push({ type: 'tool_use', id: newId('toolu'), name, input: input ?? {} })
  }
  return content.length > 0 ? content : [{ type: 'text', text: '(the scenario has no text)' }]
}

/** Answers an API error in the API's own form. */
export function sendError(res: ServerResponse, status: number, type: string, message: string, headers = {}): void {
  const id = newId('req')
  res.writeHead(status, { 'content-type': 'application/json', 'request-id': id, ...headers })
  res.end(JSON.stringify({ type: 'error', error: { type, message }, request_id: id }))
}

/** Answers with one JSON message, for a request without `stream`. */
export async function sendMessage(res: ServerResponse, body: MessagesRequest, step: Step): Promise<void> {
  if (step.ms) await sleep(step.ms * (step.chunks ?? 3))
  if (step.stallAfter !== undefined) return
  if (step.cutAfter !== undefined) {
    res.destroy()
    return
  }
  if (step.sseError) return sendError(res, 529, 'overloaded_error', step.sseError.message ?? 'Overloaded')
  res.writeHead(200, { 'content-type': 'application/json', 'request-id': newId('req') })
  res.end(JSON.stringify(messageFor(body, step)))
}

/** Answers as a stream of server-sent events, with the step's misbehaviour on the way. */
export async function streamMessage(res: ServerResponse, body: MessagesRequest, step: Step): Promise<void> {
  const { content, usage, ...message } = messageFor(body, step)
  const send = (type: string, data: object) =>
    res.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`)
  res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'request-id': newId('req') })
  send('message_start', {
    message: { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } },
  })
  send('ping', {})
  const pieces = content.flatMap((block, index) => piecesOf(block, index, step.chunks ?? 3))
  let sent = 0
  for (const { type, ...piece } of pieces) {
    if (res.destroyed) return
    if (type === 'content_block_delta') {
      if (misbehaves(res, step, sent, send)) return
      if (step.ms) await sleep(step.ms)
      sent += 1
    }
    send(type, piece)
  }
  const delta = { stop_reason: message.stop_reason, stop_sequence: null }
  send('message_delta', { delta, usage: { output_tokens: usage.output_tokens } })
  send('message_stop', {})
  res.end()
}

/** Whether the stream ends here, one way or another. */
function misbehaves(
  res: ServerResponse,
  step: Step,
  sent: number,
  send: (type: string, data: object) => void,
): boolean {
  if (step.stallAfter !== undefined && sent >= step.stallAfter) return true
  if (step.cutAfter !== undefined && sent >= step.cutAfter) {
    res.destroy()
    return true
  }
  if (step.sseError && sent >= step.sseError.after) {
    const { type = 'overloaded_error', message = 'Overloaded' } = step.sseError
    send('error', { error: { type, message } })
    res.end()
    return true
  }
  return false
}

function piecesOf(block: Block, index: number, count: number): { type: string; [key: string]: unknown }[] {
  const delta = (delta: object) => ({ type: 'content_block_delta', index, delta })
  const deltas = {
    text: () => cut((block as { text: string }).text, count).map((text) => delta({ type: 'text_delta', text })),
    thinking: () => [
      ...cut((block as { thinking: string }).thinking, count).map((thinking) =>
        delta({ type: 'thinking_delta', thinking }),
      ),
      delta({ type: 'signature_delta', signature: 'ZmFrZQ==' }),
    ],
    tool_use: () =>
      cut(JSON.stringify((block as { input: unknown }).input), count).map((json) =>
        delta({ type: 'input_json_delta', partial_json: json }),
      ),
  }
  return [
    { type: 'content_block_start', index, content_block: emptied(block) },
    ...deltas[block.type](),
    { type: 'content_block_stop', index },
  ]
}

function emptied(block: Block): object {
  if (block.type === 'text') return { type: 'text', text: '' }
  if (block.type === 'thinking') return { type: 'thinking', thinking: '', signature: '' }
  return { ...block, input: {} }
}

function cut(text: string, count: number): string[] {
  const size = Math.max(1, Math.ceil(text.length / Math.max(1, count)))
  return Array.from({ length: Math.max(1, Math.ceil(text.length / size)) }, (_, at) =>
    text.slice(at * size, (at + 1) * size),
  )
}
