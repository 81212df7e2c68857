import type { CommandPayload, CommandResultPayload } from 'gururmm-agent/protocol'

/**
 * - `waiting`: for its agent to connect
 * - `sent`: not acknowledged yet; sent again when the agent comes back
 * - `accepted`: the agent has it
 * - `rejected`: the agent will not answer it (`rejection` says why)
 * - `withdrawn`: cancelled or expired before it was sent
 * - `finished`: `result` is there
 */
export type CommandStatus = 'waiting' | 'sent' | 'accepted' | 'rejected' | 'withdrawn' | 'finished'

/** What the server knows of a command, and shows of it. */
export interface CommandRecord {
  readonly id: string
  readonly agentId: string
  readonly payload: CommandPayload
  readonly createdAt: string
  status: CommandStatus
  sentAt: string | null
  cancelRequestedAt: string | null
  /** Why it was rejected or withdrawn. */
  rejection: string | null
  finishedAt: string | null
  result: CommandResultPayload | null
}

/** What may happen to a command that exists. */
export type CommandEvent =
  | { event: 'sent' | 'cancelled'; at: string; id: string }
  | {
      event: 'acknowledged'
      at: string
      id: string
      status: 'accepted' | 'duplicate' | 'rejected'
      code: string | null
    }
  | { event: 'withdrawn'; at: string; id: string; reason: 'cancelled' | 'expired' }
  | { event: 'finished'; at: string; id: string; result: CommandResultPayload }

/** Whether nothing more will happen to it. */
export function hasEnded(command: CommandRecord): boolean {
  return command.status === 'finished' || command.status === 'withdrawn' || command.status === 'rejected'
}

export function newCommand(agentId: string, payload: CommandPayload, at: string): CommandRecord {
  const nothingYet = { sentAt: null, cancelRequestedAt: null, rejection: null, finishedAt: null, result: null }
  return { id: payload.id, agentId, payload, createdAt: at, status: 'waiting', ...nothingYet }
}

/** Idempotent, which is what makes repeated frames harmless: the first result stands, and nothing else changes what has ended. */
export function applyToCommand(command: CommandRecord, event: CommandEvent): void {
  if (event.event === 'finished' && command.result === null) {
    Object.assign(command, { status: 'finished', result: event.result, finishedAt: event.at, rejection: null })
  }
  if (hasEnded(command)) return
  if (event.event === 'cancelled') command.cancelRequestedAt ??= event.at
  else if (event.event === 'withdrawn') {
    Object.assign(command, { status: 'withdrawn', rejection: event.reason, finishedAt: event.at })
  } else if (event.event === 'sent') {
    command.sentAt = event.at
    if (command.status === 'waiting') command.status = 'sent'
  } else if (event.event === 'acknowledged') {
    command.status = event.status === 'rejected' ? 'rejected' : 'accepted'
    if (event.status === 'rejected') command.rejection = event.code ?? 'unknown'
  }
}
