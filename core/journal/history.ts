import { setImmediate as nextTurn } from 'node:timers/promises'
import type { HistoryEntry, HistoryPage, HistoryQuery } from './contract.ts'
import { historyEntryOf, type Row } from './rows.ts'
import { STATE_NAMES } from './schema.ts'
import type { Store } from './store.ts'

const LIMIT = { default: 50, most: 1000 }
/** Numbers of commands looked at in one go at first, and at most; adapted so that none holds the event loop for long. */
const SPAN = { first: 64, most: 4096 }
const SPAN_MS = 5

/** The conditions of a query as SQL, and their values. */
interface Filter {
  readonly sql: string
  readonly values: Record<string, string | number>
}

/**
 * Newest first. Works its way back through the commands a span at a time, since a filter may match few of very many.
 *
 * @param current the open database; may be another one after a failure of the disk.
 */
export async function searchHistory(current: () => Store, query: HistoryQuery): Promise<HistoryPage> {
  const limit = Math.min(Math.max(query.limit ?? LIMIT.default, 1), LIMIT.most)
  const filter = filterOf(query)
  const entries: HistoryEntry[] = []
  const { first, last } = bounds(current())
  let before = Math.min(query.before ?? Number.MAX_SAFE_INTEGER, last + 1)
  let span = SPAN.first
  while (before > first && entries.length < limit) {
    const started = performance.now()
    const from = Math.max(first, before - span)
    const rows = select(current(), filter, from, before, limit - entries.length)
    entries.push(...rows.map(historyEntryOf))
    before = entries.length >= limit ? (entries.at(-1)?.seq ?? from) : from
    span = Math.max(1, Math.min(SPAN.most, performance.now() - started > SPAN_MS ? span >> 1 : span << 1))
    await nextTurn()
  }
  return { entries, next: before > first ? before : null }
}

function select({ db }: Store, { sql, values }: Filter, from: number, before: number, limit: number): Row[] {
  const statement = db.prepare(`
    SELECT command.* FROM command LEFT JOIN input USING (seq) LEFT JOIN result USING (seq)
    WHERE command.seq >= :from AND command.seq < :before ${sql} ORDER BY command.seq DESC LIMIT :limit`)
  return statement.all({ ...values, from, before, limit }) as Row[]
}

function bounds({ db }: Store): { first: number; last: number } {
  const row = db.prepare('SELECT (SELECT min(seq) FROM command) AS first, (SELECT max(seq) FROM command) AS last').get()
  return { first: Number(row?.first ?? 0), last: Number(row?.last ?? -1) }
}

function filterOf({ type, plugin, state, origin, user, since, until, text }: HistoryQuery): Filter {
  const conditions: [string, string, string | number | undefined][] = [
    ['type', 'type = :type', type],
    ['plugin', 'plugin = :plugin', plugin],
    ['state', 'state = :state', state && STATE_NAMES.indexOf(state)],
    ['origin', 'origin = :origin', origin],
    ['user', 'user = :user', user],
    ['since', 'received_at >= :since', since],
    ['until', 'received_at < :until', until],
    ['text', textCondition(text), text && pattern(text)],
    // Input and result are kept as JSON, where some characters look different.
    ['jsonText', '', text && pattern(JSON.stringify(text).slice(1, -1))],
  ]
  const given = conditions.filter(([, , value]) => value !== undefined && value !== '')
  return {
    sql: given.map(([, sql]) => (sql === '' ? '' : `AND ${sql}`)).join(' '),
    values: Object.fromEntries(given.map(([name, , value]) => [name, value as string | number])),
  }
}

function textCondition(text: string | undefined): string {
  if (text === undefined || text === '') return ''
  const plain = ['id', 'type', 'user', 'command_text'].map((column) => `${column} LIKE :text ESCAPE '\\'`)
  const json = ['input.json', 'result.json'].map((column) => `${column} LIKE :jsonText ESCAPE '\\'`)
  return `(${[...plain, ...json].join(' OR ')})`
}

function pattern(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`
}
