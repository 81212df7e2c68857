import { EventEmitter } from 'node:events'
import type { CommandProgressPayload } from 'gururmm-agent/protocol'
import { type CommandRecord, hasEnded } from './command.ts'

/** What a follower of a command is told: the command whenever it changes, and its progress. */
export type CommandNews =
  | { readonly event: 'command'; readonly command: CommandRecord }
  | { readonly event: 'progress'; readonly progress: CommandProgressPayload }

/** Tells followers what happens to commands; nothing of it is saved. */
export interface News {
  /** The command has changed. */
  changed(command: CommandRecord): void
  progress(payload: CommandProgressPayload): void
  /** The latest progress of a command that has not ended. */
  recentProgress(id: string): readonly CommandProgressPayload[]
  /** Calls `listener` until the returned function is called. */
  follow(id: string, listener: (news: CommandNews) => void): () => void
  /** How many follow a command. */
  followers(id: string): number
}

const MAX_PROGRESS_PIECES = 200

export function createNews(): News {
  const recent = new Map<string, CommandProgressPayload[]>()
  // Names are prefixed: an emitter treats some ("error") in its own way, and ids are chosen by others
  const emitter = new EventEmitter<Record<`id:${string}`, [CommandNews]>>().setMaxListeners(0)
  return {
    changed(command) {
      if (hasEnded(command)) recent.delete(command.id)
      emitter.emit(`id:${command.id}`, { event: 'command', command })
    },
    progress(payload) {
      const id = payload.command_id
      recent.set(id, [...(recent.get(id) ?? []), payload].slice(-MAX_PROGRESS_PIECES))
      emitter.emit(`id:${id}`, { event: 'progress', progress: payload })
    },
    recentProgress: (id) => recent.get(id) ?? [],
    follow(id, listener) {
      emitter.on(`id:${id}`, listener)
      return () => emitter.off(`id:${id}`, listener)
    },
    followers: (id) => emitter.listenerCount(`id:${id}`),
  }
}
