import type { CommandPayload } from 'gururmm-agent/protocol'
import { applyToCommand, type CommandEvent, type CommandRecord, hasEnded, newCommand } from './command.ts'
import { type EventLog, noLog, openEventLog } from './event-log.ts'
import { createNews, type News } from './news.ts'
import type { SiteProfile } from './profiles.ts'

/**
 * All that the server must still know after a restart, as events: each is applied in memory and appended to the log, and a restart
 * applies them again.
 */
export type StoreEvent =
  | CommandEvent
  | { event: 'created'; at: string; agentId: string; payload: CommandPayload }
  | { event: 'profile'; at: string; site: string; profile: SiteProfile }
  /** A token without an agent was used for the first time. */
  | { event: 'bound'; at: string; digest: string; agentId: string }

export interface Store {
  /** For who follows a command. */
  readonly news: News
  command(id: string): CommandRecord | undefined
  /** Oldest first. */
  commands(agentId?: string): CommandRecord[]
  /** The agent that a token without an `agentId` was first used by. */
  boundAgent(digest: string): string | undefined
  /** What is taken away at a site. */
  profile(site: string): SiteProfile | undefined
  /** Applies the event at once; resolves when it is saved, rejects when it cannot be. */
  record(event: StoreEvent): Promise<void>
  /** Resolves when all that was recorded is saved. */
  saved(): Promise<void>
  close(): Promise<void>
}

/**
 * @param options.logFile JSON lines, so that a restarted server knows its commands. Default: memory only.
 * @param options.maxCommands older ended commands are forgotten beyond this many. Default: 1000.
 */
export async function openStore(options: { logFile?: string; maxCommands?: number }): Promise<Store> {
  const { logFile, maxCommands = 1000 } = options
  const commands = new Map<string, CommandRecord>()
  const bindings = new Map<string, string>()
  const profiles = new Map<string, SiteProfile>()
  const news = createNews()

  function apply(event: StoreEvent): void {
    if (event.event === 'bound') bindings.set(event.digest, event.agentId)
    else if (event.event === 'profile') profiles.set(event.site, event.profile)
    else if (event.event === 'created') {
      commands.set(event.payload.id, newCommand(event.agentId, event.payload, event.at))
      forgetOldest(commands, maxCommands)
    } else {
      const command = commands.get(event.id)
      if (command === undefined) return
      applyToCommand(command, event)
      news.changed(command)
    }
  }

  const replay = (event: unknown) => apply(event as StoreEvent)
  const log: EventLog = logFile === undefined ? noLog : await openEventLog(logFile, replay)
  return {
    news,
    command: (id) => commands.get(id),
    commands: (agentId) => [...commands.values()].filter((each) => agentId === undefined || each.agentId === agentId),
    boundAgent: (digest) => bindings.get(digest),
    profile: (site) => profiles.get(site),
    record(event) {
      apply(event)
      return log.append(event)
    },
    saved: log.saved,
    close: log.close,
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
