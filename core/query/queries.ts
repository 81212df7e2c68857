import { CommandError, isCommandError, type Logger } from '@gururmm/plugin-sdk'
import type { PluginStatus } from '../plugins/contract.ts'
import type { QueryPayload, QueryResultPayload } from '../protocol/messages.ts'
import { MAX_OUTPUT_PIECE } from '../protocol/query-schemas.ts'
import type { HistoryReader, Queries } from './contract.ts'
import { historyQueryOf, wireDetail, wirePage, wirePlugins } from './wire.ts'

/** Queries that may wait for their turn; more are refused. */
const MOST_WAITING = 32

export interface QueryOptions {
  readonly history: HistoryReader
  /** How the agent stands, as it goes over the wire. */
  readonly status: () => object
  readonly plugins: () => readonly PluginStatus[]
  readonly logger: Logger
}

/** One answer at a time, and the next once the socket took it: a server that asks much gets it as fast as it reads. */
export function createQueries(options: QueryOptions): Queries {
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()
  return {
    async receive(query, send) {
      if (waiting >= MOST_WAITING) {
        await send(
          failed(query.id, 'QUERY_BUSY', `${MOST_WAITING} queries wait already; ask again when they are answered.`),
        )
        return
      }
      waiting++
      const turn = last.then(async () => send(await answerSafely(query, options)))
      last = turn.catch(() => {}).finally(() => waiting--)
      await last
    },
  }
}

/** The answer to a query that could not be understood. */
export function queryInvalid(id: string, message: string): QueryResultPayload {
  return failed(id, 'QUERY_INVALID', message)
}

async function answerSafely(query: QueryPayload, options: QueryOptions): Promise<QueryResultPayload> {
  try {
    return { id: query.id, ...(await answer(query, options)) }
  } catch (error) {
    if (isCommandError(error)) return failed(query.id, error.code, error.message)
    options.logger.error({ query: query.what, err: error }, 'a query could not be answered')
    return failed(query.id, 'QUERY_FAILED', 'The agent could not answer; its log has the cause.')
  }
}

async function answer(
  query: QueryPayload,
  { history, status, plugins }: QueryOptions,
): Promise<Omit<QueryResultPayload, 'id'>> {
  const { what, command_id: id } = query
  if (what === 'status') return { data: status() }
  if (what === 'plugins') return { data: wirePlugins(plugins()) }
  if (what === 'history')
    return { data: id === undefined ? await list(query, history) : wireDetail(await history.show(id)) }
  if (id === undefined) throw new CommandError('QUERY_INVALID', 'A query for output must name its command_id.')
  const { stream = 'stdout', offset = 0, length = MAX_OUTPUT_PIECE } = query
  const { data, totalBytes, end, ...piece } = await history.output(id, stream, offset, length)
  return { data, offset: piece.offset, total_bytes: totalBytes, end }
}

async function list(query: QueryPayload, history: HistoryReader): Promise<object> {
  const filters = historyQueryOf(query)
  if (!('unreadable' in filters)) return wirePage(await history.list(filters))
  throw new CommandError('QUERY_INVALID', `A query’s ${filters.unreadable} must be an RFC 3339 time.`)
}

function failed(id: string, code: string, message: string): QueryResultPayload {
  return { id, error: { code, message } }
}
