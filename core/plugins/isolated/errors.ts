import { CommandError, isCommandError } from '@gururmm/plugin-sdk'
import { isRecord } from './message.ts'

/** Of a text in an error, in UTF-16 units. */
const MAX_TEXT = 16_384

/** An error as it crosses to the other process. Never throws: plugins throw anything. */
export function encodeError(thrown: unknown): object {
  try {
    if (!(thrown instanceof Error) && !isCommandError(thrown)) return { message: cut(String(thrown)) }
    const { name, message, stack, code, refused, retryAfterSeconds, rule, outcome } = thrown as Error & Fields
    const encoded = {
      name: cut(name),
      message: cut(message),
      stack: cut(stack),
      code,
      refused,
      retryAfterSeconds,
      rule,
      outcome,
    }
    return JSON.parse(JSON.stringify(encoded)) as object
  } catch {
    return { message: 'something that cannot be shown' }
  }
}

interface Fields {
  readonly code?: unknown
  readonly refused?: unknown
  readonly retryAfterSeconds?: unknown
  readonly rule?: unknown
  readonly outcome?: unknown
}

/** The error of a stranger, made anew: a CommandError where it was one. */
export function decodeError(encoded: Readonly<Record<string, unknown>>): Error {
  const { name, code, refused, retryAfterSeconds, rule, outcome } = encoded
  const message = cut(encoded.message)
  const error =
    name === 'CommandError' && typeof code === 'string'
      ? new CommandError(cut(code), message, {
          refused: refused === true,
          ...(typeof retryAfterSeconds === 'number' ? { retryAfterSeconds } : {}),
          ...(typeof rule === 'string' ? { rule: cut(rule) } : {}),
          ...(isRecord(outcome) ? { outcome } : {}),
        })
      : Object.assign(new Error(message), typeof code === 'string' ? { code: cut(code) } : {})
  if (typeof encoded.stack === 'string') error.stack = cut(encoded.stack)
  return error
}

function cut(text: unknown): string {
  return typeof text === 'string' ? text.slice(0, MAX_TEXT) : ''
}
