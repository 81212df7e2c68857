import type { JournalHealth } from '../journal/index.ts'
import type { LinkStatus } from '../link/link.ts'
import type { PluginStatus } from '../plugins/contract.ts'
import type { ProfileStatus } from '../policy/index.ts'
import type { ContainmentReport } from '../runner/contract.ts'
import { pluginStates } from './introduction.ts'

/** How the agent stands; `gururmm-agent status` shows it. */
export interface AgentStatus {
  readonly agentId: string
  readonly version: string
  readonly pid: number
  readonly uptimeSeconds: number
  readonly site: string
  readonly config: { readonly file: string; readonly digest: string }
  readonly siteProfile: ProfileStatus
  readonly server: LinkStatus
  readonly running: number
  readonly queued: number
  /** Results not yet acknowledged. */
  readonly outbox: number
  readonly journal: JournalHealth
  readonly eventLoopLagMs: number
  readonly containment: ContainmentReport
  readonly plugins: readonly PluginStatus[]
}

/** The same for the server, in the wire's names; without paths of this machine. */
export function wireStatus(status: AgentStatus): object {
  const { journal, containment } = status
  return {
    agent_id: status.agentId,
    agent_version: status.version,
    site: status.site,
    uptime_seconds: status.uptimeSeconds,
    running: status.running,
    queued: status.queued,
    outbox: status.outbox,
    event_loop_lag_ms: status.eventLoopLagMs,
    config_digest: status.config.digest,
    site_profile: {
      state: status.siteProfile.state,
      revision: status.siteProfile.revision,
      problem: status.siteProfile.problem,
    },
    containment: { kind: containment.kind, explanation: containment.explanation },
    journal: {
      available: journal.available,
      reason: journal.reason,
      since: journal.since === null ? null : new Date(journal.since).toISOString(),
      bytes: journal.bytes,
      damage: journal.damage?.reason ?? null,
    },
    plugins: pluginStates(status.plugins),
  }
}
