import { isUtf8 } from 'node:buffer'
import secureJson from 'secure-json-parse'
import type { ServerMessage } from './messages.ts'
import { MESSAGES } from './schemas.ts'

/** The largest frame the agent takes, in bytes; a larger one closes the connection with 1009. */
export const MAX_FRAME_BYTES = 1_048_576

/** Deeper JSON is refused before it is parsed: validators and JSON.stringify recurse, and a deep value overflows their stack. */
export const MAX_DEPTH = 32

/** A frame that the agent can't act on. */
export interface BadFrame {
  readonly code: 'MESSAGE_INVALID'
  readonly message: string
  /** Of the command it was to be, where that much could be read; it then gets a result. */
  readonly commandId?: string
  /** Of the query it was to be; it then gets an answer. */
  readonly queryId?: string
  /** What was sent, where it was JSON. */
  readonly payload?: unknown
}

/** A message, or what is wrong with the frame. Never throws. */
export type Decoded = { readonly message: ServerMessage } | { readonly bad: BadFrame }

/** Makes a check from a JSON Schema; the host brings its own. */
export type CompileSchema = (schema: object) => Check
type Check = (
  value: unknown,
) => { readonly value: unknown } | { readonly problem: { readonly path: string; readonly message: string } }

type ServerMessageType = ServerMessage['type']

function isServerMessageType(type: unknown): type is ServerMessageType {
  return (
    typeof type === 'string' && Object.hasOwn(MESSAGES, type) && MESSAGES[type as ServerMessageType].from === 'server'
  )
}

/** Reads one frame from the server. */
export type Decode = (data: Buffer, isBinary: boolean) => Decoded

/** Makes the reader of the server's frames. */
export function createDecoder(compile: CompileSchema): Decode {
  const checks = new Map<ServerMessageType, Check>()
  const checkOf = (type: ServerMessageType): Check => {
    const check = checks.get(type) ?? compile(MESSAGES[type].schema)
    checks.set(type, check)
    return check
  }
  return (data, isBinary) => decodeFrame(data, isBinary, checkOf)
}

function decodeFrame(data: Buffer, isBinary: boolean, checkOf: (type: ServerMessageType) => Check): Decoded {
  if (isBinary) return bad('expected a text frame, found a binary one')
  if (!isUtf8(data)) return bad('expected UTF-8 text, found bytes that are none')
  const text = data.toString('utf8')
  if (isDeeperThan(text, MAX_DEPTH)) return bad(`expected JSON nested at most ${MAX_DEPTH} deep, found it deeper`)
  let frame: unknown
  try {
    frame = secureJson.parse(text, undefined, { protoAction: 'remove', constructorAction: 'ignore' })
  } catch (error) {
    return bad(`expected JSON, found something else (${(error as Error).message.slice(0, 120)})`)
  }
  return decodeMessage(frame, checkOf)
}

function decodeMessage(frame: unknown, checkOf: (type: ServerMessageType) => Check): Decoded {
  if (!isObject(frame)) return bad('expected an object with "type" and "payload", found another JSON value')
  const { type, payload } = frame
  if (!isServerMessageType(type)) return bad(`expected a known message type, found ${quote(type)}`)
  const id = readableId(payload)
  const checked = checkOf(type)(payload)
  if ('value' in checked) return { message: { type, payload: checked.value } as ServerMessage }
  const { path, message } = checked.problem
  return {
    bad: {
      code: 'MESSAGE_INVALID',
      message: `The ${type} message is not valid: ${path === '' ? 'payload' : `payload${path}`} ${message}.`,
      ...(id !== undefined && (type === 'command' ? { commandId: id, payload } : type === 'query' && { queryId: id })),
    },
  }
}

/**
 * Whether brackets nest deeper than `limit`, counted outside strings. By hand because JSON.parse has no such limit and has
 * already built the value when it returns.
 */
export function isDeeperThan(text: string, limit: number): boolean {
  let depth = 0
  let inString = false
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (inString) {
      if (unit === 0x5c) index++
      else if (unit === 0x22) inString = false
    } else if (unit === 0x22) inString = true
    else if (unit === 0x7b || unit === 0x5b) {
      if (++depth > limit) return true
    } else if (unit === 0x7d || unit === 0x5d) depth--
  }
  return false
}

function readableId(payload: unknown): string | undefined {
  if (!isObject(payload)) return undefined
  const { id } = payload
  return typeof id === 'string' && id.length >= 1 && id.length <= 128 ? id : undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function quote(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 80)
}

function bad(message: string): Decoded {
  return { bad: { code: 'MESSAGE_INVALID', message: `The frame is not valid: ${message}.` } }
}
