import type { SchemaProblem } from '../../schema/index.ts'
import { decodeError } from './errors.ts'
import { isRecord } from './message.ts'
import { violation } from './peer.ts'

/** How a handler in another process ended. */
export interface HandlerReturn {
  readonly returned: unknown
  /** What the type's own schema has against its data, as the plugin's process says. */
  readonly dataProblem: SchemaProblem | undefined
}

/**
 * Reads the answer to `run`.
 *
 * @returns how it ended, and a throw as a value, since its outcome may have a problem of its own.
 */
export function readHandlerAnswer(answer: unknown): HandlerReturn & { readonly thrown?: Error } {
  if (!isRecord(answer)) throw violation('it ended a command in a way that no plugin does')
  const { returned, thrown, dataProblem } = answer
  const problem = isRecord(dataProblem)
    ? { path: textOf(dataProblem.path), message: textOf(dataProblem.message), expected: '', found: '' }
    : undefined
  return { returned, dataProblem: problem, ...(isRecord(thrown) ? { thrown: decodeError(thrown) } : {}) }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 1000) : ''
}
