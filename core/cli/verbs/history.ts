import type { HistoryEntry, HistoryPage, HistoryQuery, HistoryState } from '../../journal/index.ts'
import { EXIT } from '../exit-codes.ts'
import { lengthText, momentText, readMoment } from '../history/times.ts'
import { load } from '../load.ts'
import { withHistory } from '../local-agent.ts'
import { note, print, printJson, safe, style, table } from '../output.ts'
import type { Call } from '../verb.ts'

interface Flags {
  readonly type?: string
  readonly plugin?: string
  readonly state?: HistoryState
  readonly user?: string
  readonly since?: string
  readonly until?: string
  readonly text?: string
  readonly limit: number
  readonly before?: number
  readonly utc?: boolean
  readonly json?: boolean
}

/** `history`: what the agent was asked to do, newest first. */
export async function act(call: Call): Promise<number> {
  const flags = call.opts<Flags>()
  const query = queryOf(flags)
  const page = await withHistory(await load(call), (history) => history.list(query))
  if (flags.json) printJson(page)
  else await show(page, flags)
  return EXIT.ok
}

function queryOf({ since, until, utc: _, json: __, ...filters }: Flags): HistoryQuery {
  return {
    ...filters,
    ...(since !== undefined && { since: readMoment(since) }),
    ...(until !== undefined && { until: readMoment(until) }),
  }
}

async function show({ entries, next }: HistoryPage, { utc = false }: Flags): Promise<void> {
  if (entries.length === 0) {
    note('No command fits.')
    return
  }
  const rows = entries.map((entry) => [
    momentText(entry.receivedAt, utc),
    safe(entry.id),
    safe(entry.type),
    entry.state === 'tombstone' ? style('gray', 'forgotten') : entry.state,
    resultText(entry),
    entry.durationMs === null ? '' : lengthText(entry.durationMs),
    safe(entry.user ?? '') || (entry.origin === 'local' ? '(local)' : ''),
  ])
  print(await table(['RECEIVED', 'COMMAND', 'TYPE', 'STATE', 'RESULT', 'TOOK', 'USER'], rows))
  if (next !== null) note(`There is more: --before ${next}`)
}

/** The exit code, and why where there is more to say. */
function resultText({ exitCode, errorCode }: HistoryEntry): string {
  if (exitCode === null) return ''
  return style(exitCode === 0 ? 'green' : 'red', [exitCode, safe(errorCode ?? '')].join(' ').trim())
}
