import type { AuthPayload, HeartbeatPayload } from 'gururmm-agent/protocol'
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
  /** Frames that were no valid message, since the server started. */
  badFrames: number
}

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
  const unseen = { session: null, connectedAt: null, lastSeenAt: null, description: null, heartbeat: null }
  return { id, site, ...unseen, badFrames: 0 }
}
