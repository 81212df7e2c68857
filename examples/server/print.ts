import Table from 'cli-table3'
import type { Approval } from './approvals.ts'
import type { AgentView, HistoryPage } from './client.ts'
import type { CommandRecord } from './command.ts'
import type { SiteProfileView } from './profiles.ts'
import { plainText, printableOutput } from './text.ts'

const SIDES = ['top', 'bottom', 'left', 'right', 'mid', 'middle'] as const
const NO_LINES = Object.fromEntries(
  SIDES.flatMap((side) => [side, `${side}-mid`, `${side}-left`, `${side}-right`]).map((part) => [part, '']),
)

/** A table of agents for a terminal. */
export function agentsTable(agents: readonly AgentView[]): string {
  const rows = agents.map(({ id, site, online, lastSeenAt, description, heartbeat }) => [
    id,
    site,
    online ? 'online' : 'offline',
    lastSeenAt ?? 'never',
    description === null ? '' : `${description.hostname ?? ''} (${description.os ?? '?'} ${description.arch ?? ''})`,
    (heartbeat?.plugins ?? description?.plugins ?? []).map(({ name, state }) => `${name}:${state}`).join(' '),
  ])
  return tableOf(['AGENT', 'SITE', 'STATE', 'LAST SEEN', 'MACHINE', 'PLUGINS'], rows)
}

/** A page of an agent's history for a terminal. */
export function historyTable({ entries, next }: HistoryPage): string {
  if (entries.length === 0) return 'No command fits.'
  const rows = entries.map((entry) => [
    entry.received_at,
    entry.command_id,
    entry.type,
    entry.state,
    [entry.exit_code ?? '', entry.error_code ?? ''].join(' ').trim(),
    entry.duration_ms === null ? '' : `${entry.duration_ms} ms`,
    entry.user ?? '',
  ])
  const table = tableOf(['RECEIVED', 'COMMAND', 'TYPE', 'STATE', 'RESULT', 'TOOK', 'USER'], rows)
  return next === null ? table : `${table}\nThere is more: --before ${next}`
}

/** Open questions for a terminal: who decides has to see all of what it is about. */
export function approvalsReport(approvals: readonly Approval[]): string {
  if (approvals.length === 0) return 'Nothing waits for an approval.'
  return approvals
    .map(({ id, agentId, commandId, tool, target, rule, expiresAt }) =>
      [
        `${id}`,
        `  ${plainText(tool)}: ${target === null ? '(nothing named)' : plainText(target, 1024)}`,
        `  on ${plainText(agentId)}, command ${plainText(commandId)}, by the rule ${plainText(rule)}, until ${plainText(expiresAt)}`,
      ].join('\n'),
    )
    .join('\n')
}

/** A site's profile for people. */
export function profileReport({ site, profile, agents }: SiteProfileView): string {
  const head = profile === null ? `${site} has no profile.` : `${site}, revision ${profile.revision}:`
  const rows = agents.map(({ id, online, applied }) => [id, online ? 'online' : 'offline', appliedText(applied)])
  const body = profile === null ? [] : [plainText(JSON.stringify(profile.plugins))]
  return [head, ...body, tableOf(['AGENT', 'STATE', 'LAST ANSWER'], rows)].join('\n')
}

function appliedText(applied: SiteProfileView['agents'][number]['applied']): string {
  if (applied === null) return 'none yet'
  const unknown = applied.unknown === undefined ? '' : `; it has no ${applied.unknown.join(', ')}`
  return `${applied.error?.message ?? `revision ${applied.revision} is in force`}${unknown}`
}

function tableOf(head: string[], rows: readonly (readonly string[])[]): string {
  const style = { head: [], border: [], 'padding-left': 0, 'padding-right': 2 }
  const table = new Table({ head, chars: NO_LINES, style })
  table.push(...rows.map((row) => row.map((cell) => plainText(cell))))
  return table.toString()
}

/** What became of a command, in a few lines for people; outputs as they may be shown on a terminal. */
export function commandReport(command: CommandRecord): string {
  const { result, status, rejection } = command
  if (result === null) return `${command.id}: ${status}${rejection === null ? '' : ` (${plainText(rejection)})`}`
  const error = result.error == null ? '' : ` ${plainText(result.error.code)}`
  const head = `${command.id}: exit code ${result.exit_code}${error}, ${result.duration_ms} ms`
  return [head, result.stdout, result.stderr]
    .filter((part) => part !== '')
    .map(trimmed)
    .join('\n')
}

function trimmed(output: string): string {
  return printableOutput(output).replace(/\n$/, '')
}

/** What a shell should see of it: the result's exit code as eight bits (-1 is 255); 1 where there is no result. */
export function exitCodeOf({ result }: CommandRecord): number {
  return result === null ? 1 : result.exit_code & 0xff
}
