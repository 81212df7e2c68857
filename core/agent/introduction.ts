import os from 'node:os'
import type { PluginStatus } from '../plugins/contract.ts'
import type { AuthPayload, HeartbeatPayload } from '../protocol/messages.ts'
import { CAPABILITIES } from '../protocol/schemas.ts'

/** What `auth` says of this agent. */
export function introduce(agent: {
  readonly id: string
  readonly site: string
  readonly version: string
  readonly plugins: readonly PluginStatus[]
}): AuthPayload {
  return {
    agent_id: agent.id,
    site: agent.site,
    protocol_version: 1,
    agent_version: agent.version,
    hostname: plain(os.hostname()),
    os: process.platform,
    os_version: plain(`${os.version()} ${os.release()}`),
    arch: process.arch,
    capabilities: [...CAPABILITIES],
    plugins: agent.plugins.map(({ name, version, state, commands }) => ({
      name,
      version: version ?? '',
      state,
      commands: commands.map(({ type, schemaDigest }) => ({ type, schema_digest: schemaDigest })),
    })),
  }
}

/** How the plugins stand, for heartbeats. */
export function pluginStates(plugins: readonly PluginStatus[]): NonNullable<HeartbeatPayload['plugins']> {
  return plugins.map(({ name, state, reason }) => ({ name, state, reason: reason === null ? null : printable(reason) }))
}

/** What the machine says of itself ends in the server's pages: short, and nothing that a page or terminal would obey. */
function plain(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]|[<>&"'`\\]/g, '?').slice(0, 255)
}

/** Without what a page or terminal would obey, and short. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '?').slice(0, 500)
}
