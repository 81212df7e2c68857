import { EventEmitter } from 'node:events'
import type { CommandPayload, CommandProgressPayload, CommandResultPayload } from 'gururmm-agent/protocol'
import { type EventLog, noLog, openEventLog } from './event-log.ts'

/**
 * All that the server must still know after a restart, as events: each is applied in memory and appended to the log, and a restart
 * applies them again. Applying is idempotent, which is what makes repeated frames harmless.
 */
export type StoreEvent =
  | { event: 'bound'; at: string; digest: string; agentId: string }
  | { event: 'created'; at: string; agentId: string; payload: CommandPayload }
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

/**
 * - `waiting`: for its agent to connect
 * - `sent`: not acknowledged yet; sent again when the agent comes back
 * - `accepted`: the agent has it
 * - `rejected`: the agent will not answer it (`rejection` says why)
 * - `withdrawn`: cancelled or expired before it was sent
 * - `finished`: `result` is there
 */
export type CommandStatus = 'waiting' | 'sent' | 'accepted' | 'rejected' | 'withdrawn' | 'finished'

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

/** A result that belongs to no command of this server: it was restarted without its log, or the agent is not to be trusted. */
export interface StrayResult {
  readonly at: string
  readonly result: CommandResultPayload
}

/** What a follower of a command is told: the command whenever it changes, and its progress. */
export type CommandNews =
  | { readonly event: 'command'; readonly command: CommandRecord }
  | { readonly event: 'progress'; readonly progress: CommandProgressPayload }

export interface Store {
  command(id: string): CommandRecord | undefined
  /** Oldest first. */
  commands(agentId?: string): CommandRecord[]
  strays(agentId: string): readonly StrayResult[]
  /** The agent that a token without an `agentId` was first used by. */
  boundAgent(digest: string): string | undefined
  /** Applies the event at once; resolves when it is saved, rejects when it cannot be. */
  record(event: StoreEvent): Promise<void>
  /** Resolves when all that was recorded is saved. */
  saved(): Promise<void>
  /** Keeps the last of them, cut, in memory alone: an agent must not fill the log with what nobody asked for. */
  addStray(agentId: string, stray: StrayResult): void
  /** News of a running command; kept in memory alone. */
  progress(payload: CommandProgressPayload): void
  /** The latest progress of a command that has not ended. */
  recentProgress(id: string): readonly CommandProgressPayload[]
  /** Calls `listener` until the returned function is called. */
  follow(id: string, listener: (news: CommandNews) => void): () => void
  /** How many follow a command. */
  followers(id: string): number
  close(): Promise<void>
}

/** Whether nothing more will happen to it. */
export function hasEnded(command: CommandRecord): boolean {
  return command.status === 'finished' || command.status === 'withdrawn' || command.status === 'rejected'
}

const MAX_STRAYS = 100
const MAX_STRAY_CHARS = 65_536
const MAX_PROGRESS_PIECES = 200

/**
 * @param options.logFile JSON lines, so that a restarted server knows its commands. Default: memory only.
 * @param options.maxCommands older ended commands are forgotten beyond this many. Default: 1000.
 */
export async function openStore(options: {
  logFile?: string | undefined
  maxCommands?: number | undefined
}): Promise<Store> {
  const { maxCommands = 1000 } = options
  const commands = new Map<string, CommandRecord>()
  const bindings = new Map<string, string>()
  const strays = new Map<string, StrayResult[]>()
  const progress = new Map<string, CommandProgressPayload[]>()
  // Prefixed, because an emitter treats some names ("error") in its own way and ids are chosen by others
  const news = new EventEmitter<Record<`id:${string}`, [CommandNews]>>().setMaxListeners(0)

  function apply(event: StoreEvent): void {
    if (event.event === 'bound') bindings.set(event.digest, event.agentId)
    else if (event.event === 'created') {
      commands.set(event.payload.id, newRecord(event))
      forgetOldest(commands, maxCommands)
    } else {
      const command = commands.get(event.id)
      if (command === undefined) return
      applyToCommand(command, event)
      if (hasEnded(command)) progress.delete(command.id)
      news.emit(`id:${command.id}`, { event: 'command', command })
    }
  }

  const { logFile } = options
  const log: EventLog =
    logFile === undefined ? noLog : await openEventLog(logFile, (event) => apply(event as StoreEvent))

  return {
    command: (id) => commands.get(id),
    commands: (agentId) =>
      [...commands.values()].filter((command) => agentId === undefined || command.agentId === agentId),
    strays: (agentId) => strays.get(agentId) ?? [],
    boundAgent: (digest) => bindings.get(digest),
    record(event) {
      apply(event)
      return log.append(event)
    },
    saved: log.saved,
    addStray(agentId, stray) {
      const others = (strays.get(agentId) ?? []).filter((known) => known.result.command_id !== stray.result.command_id)
      strays.set(agentId, [...others, cutStray(stray)].slice(-MAX_STRAYS))
    },
    progress(payload) {
      const known = progress.get(payload.command_id) ?? []
      progress.set(payload.command_id, [...known, payload].slice(-MAX_PROGRESS_PIECES))
      news.emit(`id:${payload.command_id}`, { event: 'progress', progress: payload })
    },
    recentProgress: (id) => progress.get(id) ?? [],
    follow(id, listener) {
      news.on(`id:${id}`, listener)
      return () => news.off(`id:${id}`, listener)
    },
    followers: (id) => news.listenerCount(`id:${id}`),
    close: log.close,
  }
}

function newRecord({ at, agentId, payload }: StoreEvent & { event: 'created' }): CommandRecord {
  return {
    id: payload.id,
    agentId,
    payload,
    createdAt: at,
    status: 'waiting',
    sentAt: null,
    cancelRequestedAt: null,
    rejection: null,
    finishedAt: null,
    result: null,
  }
}

function cutStray({ at, result }: StrayResult): StrayResult {
  const { command_id, exit_code, stdout, stderr, duration_ms } = result
  const cut = (text: string) => text.slice(0, MAX_STRAY_CHARS)
  return {
    at,
    result: { command_id: cut(command_id), exit_code, stdout: cut(stdout), stderr: cut(stderr), duration_ms },
  }
}

type CommandEvent = Exclude<StoreEvent, { event: 'bound' | 'created' }>

function applyToCommand(command: CommandRecord, event: CommandEvent): void {
  if (event.event === 'finished' && command.result === null) {
    Object.assign(command, { status: 'finished', result: event.result, finishedAt: event.at, rejection: null })
  }
  if (hasEnded(command)) return
  if (event.event === 'cancelled') command.cancelRequestedAt ??= event.at
  else if (event.event === 'withdrawn')
    Object.assign(command, { status: 'withdrawn', rejection: event.reason, finishedAt: event.at })
  else if (event.event === 'sent') {
    command.sentAt = event.at
    if (command.status === 'waiting') command.status = 'sent'
  } else if (event.event === 'acknowledged') {
    command.status = event.status === 'rejected' ? 'rejected' : 'accepted'
    if (event.status === 'rejected') command.rejection = event.code ?? 'unknown'
  }
}

function forgetOldest(commands: Map<string, CommandRecord>, max: number): void {
  if (commands.size <= max) return
  for (const command of commands.values()) {
    if (hasEnded(command)) {
      commands.delete(command.id)
      return
    }
  }
}
