import Table from 'cli-table3'
import type { AgentView } from './client.ts'
import type { CommandRecord } from './command.ts'
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
  const table = new Table({
    head: ['AGENT', 'SITE', 'STATE', 'LAST SEEN', 'MACHINE', 'PLUGINS'],
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
  })
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
