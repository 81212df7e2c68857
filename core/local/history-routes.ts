import type { StreamName } from '../dispatch/contract.ts'
import type { HistoryQuery } from '../journal/index.ts'
import { MAX_OUTPUT_PIECE, querySchema } from '../protocol/query-schemas.ts'
import type { HistoryReader } from '../query/index.ts'
import { compileSchema } from '../schema/index.ts'
import { localError } from './contract.ts'

const { type, plugin, state, origin, user, text, limit, before, stream, offset, length } = querySchema.properties
/** Unlike on the wire, times are ms since the epoch. */
const time = { type: 'number' } as const
const filters = { type, plugin, state, origin, user, text, limit, before, since: time, until: time }
const NUMBERS: ReadonlySet<string> = new Set(['limit', 'before', 'since', 'until', 'offset', 'length'])

const checkFilters = compileSchema<HistoryQuery>({ type: 'object', additionalProperties: false, properties: filters })
const checkRange = compileSchema<{ stream?: StreamName; offset?: number; length?: number }>({
  type: 'object',
  additionalProperties: false,
  properties: { stream, offset, length },
})

/**
 * Answers `GET /history`, `/history/ID` and `/history/ID/output`.
 *
 * @throws LocalError `MESSAGE_INVALID`, `ROUTE_UNKNOWN`; what the reader throws.
 */
export async function answerHistory(history: HistoryReader, url: string): Promise<unknown> {
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  const found = /^\/history(?:\/([^/]+)(\/output)?)?$/.exec(pathname)
  if (found === null) throw localError('ROUTE_UNKNOWN', `The agent has no ${JSON.stringify(pathname.slice(0, 100))}.`)
  const [, encodedId, output] = found
  if (encodedId === undefined) return history.list(read(searchParams, checkFilters))
  const id = decodeURIComponent(encodedId)
  if (output === undefined) return history.show(id)
  const range = read(searchParams, checkRange)
  return history.output(id, range.stream ?? 'stdout', range.offset ?? 0, range.length ?? MAX_OUTPUT_PIECE)
}

function read<T>(parameters: URLSearchParams, check: ReturnType<typeof compileSchema<T>>): T {
  const entries = [...parameters].map(([name, value]) => [name, NUMBERS.has(name) ? Number(value) : value])
  const checked = check(Object.fromEntries(entries))
  if ('value' in checked) return checked.value
  throw localError('MESSAGE_INVALID', `The request${checked.problem.path} ${checked.problem.message}.`)
}
