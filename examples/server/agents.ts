import type {
  AuthPayload,
  CommandResultPayload,
  HeartbeatPayload,
  SiteProfileAppliedPayload,
} from 'gururmm-agent/protocol'
import type { Session } from './session.ts'

/** What the server knows of an agent that the tokens file names or that connected. */
export interface AgentRecord {
  readonly id: string
  site: string
  /** Null: offline. */
  session: Session | null
  connectedAt: string | null
  /** When the last frame came. */
  lastSeenAt: string | null
  /** Its own words as `plainData` leaves them, without a token. */
  description: AuthPayload | null
  /** Likewise. */
  heartbeat: HeartbeatPayload | null
  /** What it said of the last site profile it was sent, likewise. */
  profileApplied: SiteProfileAppliedPayload | null
  /** Frames that were no valid message, since the server started. */
  badFrames: number
  /** The last results it sent for commands that this server does not know: one restarted without its log, or one not to be trusted. */
  strayResults: readonly StrayResult[]
}

/** Kept in memory alone and cut: an agent must not fill memory or log with what nobody asked for. */
export interface StrayResult {
  readonly at: string
  readonly result: CommandResultPayload
}

const MAX_STRAYS = 100
const MAX_STRAY_CHARS = 65_536

export interface AgentDirectory {
  get(id: string): AgentRecord | undefined
  list(): AgentRecord[]
  /** The agent's record, made where there is none. */
  ensure(id: string, site: string): AgentRecord
}

export function createAgentDirectory(): AgentDirectory {
  const records = new Map<string, AgentRecord>()
  return {
    get: (id) => records.get(id),
    list: () => [...records.values()],
    ensure(id, site) {
      const record = records.get(id) ?? newRecord(id, site)
      record.site = site
      records.set(id, record)
      return record
    },
  }
}

function newRecord(id: string, site: string): AgentRecord {
  const unseen = {
    session: null,
    connectedAt: null,
    lastSeenAt: null,
    description: null,
    heartbeat: null,
    profileApplied: null,
  }
  return { id, site, ...unseen, badFrames: 0, strayResults: [] }
}

export function addStrayResult(agent: AgentRecord, at: string, result: CommandResultPayload): void {
  const cut = (text: string) => text.slice(0, MAX_STRAY_CHARS)
  const { command_id, exit_code, stdout, stderr, duration_ms } = result
  const kept = { command_id: cut(command_id), exit_code, stdout: cut(stdout), stderr: cut(stderr), duration_ms }
  const others = agent.strayResults.filter((stray) => stray.result.command_id !== command_id)
  agent.strayResults = [...others, { at, result: kept }].slice(-MAX_STRAYS)
}
