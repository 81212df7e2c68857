import type { Duplex } from 'node:stream'
import { decodeError, encodeError } from './errors.ts'
import { lineChannel } from './lines.ts'
import { isRecord, parseMessage } from './message.ts'

/** Nothing that a plugin may hand over is larger, in bytes. */
export const MAX_MESSAGE_BYTES = 16_777_216
/** No side has more calls open than this. */
const MAX_OPEN_CALLS = 4096

/** One side of the line between the host and a plugin's process. Both sides may call, and tell. */
export interface Peer {
  /**
   * Asks the other side.
   *
   * @throws what the other side answered, its code kept; an error with `code: "PEER_GONE"` once the line is closed.
   */
  call(action: string, body: object): Promise<unknown>
  /** Tells the other side something that has no answer. */
  note(action: string, body: object): void
  /** Bytes sent that the other side has not taken yet. */
  readonly backlog: number
  close(): void
}

export interface PeerOptions {
  /** A call of the other side; what it throws is the answer too. */
  readonly onCall: (action: string, body: Readonly<Record<string, unknown>>) => Promise<unknown>
  readonly onNote: (action: string, body: Readonly<Record<string, unknown>>) => void
  /** The line is closed, by whichever side. `problem`: what the other side did that no honest one does. */
  readonly onClosed: (problem: string | null) => void
  /** Whether the other side is a stranger. */
  readonly strangers: boolean
}

/** Thrown by `onCall` and `onNote` where what came is not of the protocol; it closes the line. */
export function violation(problem: string): Error {
  return Object.assign(new Error(problem), { code: 'PEER_VIOLATION' })
}

export function connectPeer(stream: Duplex, options: PeerOptions): Peer {
  const open = new Map<number, PromiseWithResolvers<unknown>>()
  let calls = 0
  let serving = 0
  let fault: string | null = null
  let closed = false

  const fail = (problem: string): void => {
    fault ??= problem
    channel.close()
  }
  const send = (message: object): void => {
    const line = JSON.stringify(message)
    if (Buffer.byteLength(line) > MAX_MESSAGE_BYTES) throw tooLarge()
    channel.send(line)
  }
  const answer = async (id: number, action: string, body: Readonly<Record<string, unknown>>): Promise<void> => {
    if (++serving > MAX_OPEN_CALLS) return fail(`it had more than ${MAX_OPEN_CALLS} calls open`)
    try {
      send({ answer: id, value: (await options.onCall(action, body)) ?? null })
    } catch (error) {
      if (isViolation(error)) fail(error.message)
      else send({ answer: id, error: encodeError(error) })
    } finally {
      serving--
    }
  }
  const settle = (id: number, message: Readonly<Record<string, unknown>>) => {
    const waiter = open.get(id)
    if (waiter === undefined) return fail('it answered something that it was not asked')
    open.delete(id)
    if (isRecord(message.error)) waiter.reject(decodeError(message.error))
    else waiter.resolve(message.value)
  }
  const receive = (line: string) => {
    const message = parseMessage(line)
    if (message === null) return fail('it sent something that is no message')
    if ('answer' in message) return settle(message.answer, message.fields)
    if ('call' in message) return void answer(message.id, message.call, message.fields)
    try {
      options.onNote(message.note, message.fields)
    } catch (error) {
      fail(isViolation(error) ? error.message : `one of its messages could not be used (${(error as Error).message})`)
    }
  }
  const channel = lineChannel(stream, {
    maxBytes: MAX_MESSAGE_BYTES,
    throttled: options.strangers,
    onLine: receive,
    onClosed(problem) {
      closed = true
      for (const waiter of open.values()) waiter.reject(gone())
      open.clear()
      options.onClosed(fault ?? problem)
    },
  })
  return {
    async call(action, body) {
      if (closed) throw gone()
      const id = ++calls
      const waiter = Promise.withResolvers<unknown>()
      open.set(id, waiter)
      try {
        send({ call: action, id, ...body })
      } catch (error) {
        open.delete(id)
        throw error
      }
      return waiter.promise
    },
    note(action, body) {
      if (!closed) send({ note: action, ...body })
    },
    get backlog() {
      return channel.backlog
    },
    close() {
      closed = true
      channel.close()
    },
  }
}

function isViolation(error: unknown): error is Error {
  return error instanceof Error && (error as { code?: unknown }).code === 'PEER_VIOLATION'
}

function gone(): Error {
  return Object.assign(new Error('the other side is gone'), { code: 'PEER_GONE' })
}

function tooLarge(): Error {
  const message = `expected at most ${MAX_MESSAGE_BYTES} bytes in one message between a plugin and the agent, and it has more`
  return Object.assign(new Error(message), { code: 'MESSAGE_TOO_LARGE' })
}
