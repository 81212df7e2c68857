import type { Logger } from '@gururmm/plugin-sdk'
import { describeThrown } from '../../plugin-error.ts'
import { encodeError } from '../errors.ts'
import type { Peer } from '../peer.ts'

/** A line that is larger is replaced, in UTF-16 units of its JSON; the host takes no larger one. */
export const MAX_LOG_LENGTH = 65_536
/** With so many bytes on their way to the host, news is dropped. */
export const MAX_BACKLOG = 1_048_576

/** Log lines that the host writes. Never throws. */
export function remoteLogger(peer: Peer): Logger {
  const level = (name: keyof Logger) => (fields: object, message?: string) => {
    if (peer.backlog > MAX_BACKLOG) return
    peer.note('log', { level: name, line: encodeLine(fields, message) })
  }
  return { debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') }
}

function encodeLine(fields: unknown, message: unknown): object {
  const text = typeof message === 'string' ? message : ''
  try {
    const plain = fields instanceof Error ? { err: fields } : { ...(fields as object) }
    const encoded = JSON.stringify(plain, (_, value) => (value instanceof Error ? encodeError(value) : value))
    if (encoded.length + text.length <= MAX_LOG_LENGTH) return { fields: JSON.parse(encoded), message: text }
    return { fields: {}, message: `${text.slice(0, 1024)} (its fields are left out: they are too large)` }
  } catch (error) {
    return { fields: {}, message: `${text.slice(0, 1024)} (its fields are left out: ${describeThrown(error)})` }
  }
}
