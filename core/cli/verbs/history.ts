import type { HistoryEntry, HistoryPage } from '../../journal/index.ts'
import { EXIT } from '../exit-codes.ts'
import { type FilterFlags, queryOf } from '../history/filters.ts'
import { lengthText, momentText } from '../history/times.ts'
import { load } from '../load.ts'
import { withHistory } from '../local-agent.ts'
import { note, print, printJson, safe, style, table } from '../output.ts'
import type { Call } from '../verb.ts'

interface Flags extends FilterFlags {
  readonly limit: number
  readonly before?: number
  readonly utc?: boolean
  readonly json?: boolean
}

/** `history`: what the agent was asked to do, newest first. */
export async function act(call: Call): Promise<number> {
  const flags = call.opts<Flags>()
  const { limit, before } = flags
  const query = { ...queryOf(flags), limit, ...(before !== undefined && { before }) }
  const page = await withHistory(await load(call), (history) => history.list(query))
  if (flags.json) printJson(page)
  else await show(page, flags)
  return EXIT.ok
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
