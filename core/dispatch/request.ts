import { digestOf } from '../protocol/canonical-json.ts'
import type { CommandPayload } from '../protocol/messages.ts'
import type { CommandRequest, CommandType } from './contract.ts'

/** A command of the wire in the agent's own terms; the payload has passed its schema. */
export function requestFrom(payload: CommandPayload, origin: CommandRequest['origin']): CommandRequest {
  const commandText = payload.command ?? ''
  const { type, input } = typeOf(payload)
  return {
    id: payload.id,
    type,
    input,
    commandText,
    timeoutSeconds: payload.timeout_seconds ? payload.timeout_seconds : null,
    elevated: payload.elevated ?? false,
    origin,
    requester: { user: payload.requested_by?.user ?? null, role: payload.requested_by?.role ?? null },
    expiresAt: expiryOf(payload.expires_at),
    digest: digestOf(payload),
  }
}

/** A request whose payload could not be understood: only good for refusing it, once, under its id. */
export function unreadableRequest(id: string, payload: unknown): CommandRequest {
  return { ...requestFrom({ id, command_type: '' }, 'server'), input: null, digest: digestOf(payload) }
}

/** The input as the type's schema sees it: `command` filled from the wire's text where the type has one and the input lacks it. */
export function inputFor(type: CommandType, request: CommandRequest): unknown {
  const { input, commandText } = request
  if (!type.takesCommandText || commandText === '' || typeof input !== 'object' || input === null) return input
  return Object.hasOwn(input, 'command') ? input : { ...input, command: commandText }
}

/** Clamped rather than refused: the server asked for as long as it may take. */
export function timeoutOf(
  request: CommandRequest,
  type: CommandType,
  limits: { readonly defaultTimeoutSeconds: number; readonly maxTimeoutSeconds: number },
): number {
  const wanted = request.timeoutSeconds ?? type.timeoutSeconds ?? limits.defaultTimeoutSeconds
  return Math.min(wanted, limits.maxTimeoutSeconds)
}

/** `{ "shell": … }` names its type by its one key; a plain name takes its input from `command`. */
function typeOf(payload: CommandPayload): { type: string; input: unknown } {
  const { command_type: commandType } = payload
  if (typeof commandType !== 'string') {
    const [type = '', input] = Object.entries(commandType)[0] ?? []
    return { type, input }
  }
  return { type: commandType, input: typeof payload.command === 'string' ? { command: payload.command } : {} }
}

/** An expiry that can't be read counts as passed: running a command too late does more harm than refusing it. */
function expiryOf(expiresAt: string | null | undefined): number | null {
  if (expiresAt === null || expiresAt === undefined) return null
  return Date.parse(expiresAt) || 0
}
