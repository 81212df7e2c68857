import type {
  CommandRequest,
  CommandState,
  Journal,
  JournalEntry,
  JournalRecord,
} from '../../core/dispatch/contract.ts'
import type { CommandResultPayload } from '../../core/protocol/messages.ts'

/** Results of acknowledged commands kept for repeated deliveries; beyond, only the tombstone stays. */
const KEPT_RESULTS = 256
/** Tombstones kept; the oldest go first. */
const KEPT_ENTRIES = 10_000

interface Row {
  readonly request: CommandRequest
  state: CommandState
  startedAt: number | null
  result: CommandResultPayload | null
}

/** A journal that lasts as long as the process: for tests, and for running the minimal core alone. */
export function createMemoryJournal(): Journal {
  // Insertion order is the order of arrival.
  const rows = new Map<string, Row>()

  function insert(record: JournalRecord, state: CommandState, result: CommandResultPayload | null): void {
    rows.set(record.request.id, { request: record.request, state, startedAt: null, result })
    prune()
  }

  function prune(): void {
    const settled = [...rows.values()].filter((row) => row.state === 'acknowledged')
    for (const row of settled.slice(0, Math.max(0, settled.length - KEPT_RESULTS))) row.result = null
    for (const row of settled.slice(0, Math.max(0, rows.size - KEPT_ENTRIES))) rows.delete(row.request.id)
  }

  function update(id: string, change: (row: Row) => void): void {
    const row = rows.get(id)
    if (row !== undefined) change(row)
  }

  const waiting = () => [...rows.values()].filter((row) => row.state === 'finished' && row.request.origin === 'server')

  return {
    lookup: async (id) => entryOf(rows.get(id)),
    accept: async (record) => insert(record, 'accepted', null),
    start: async (id, startedAt) =>
      update(id, (row) => {
        row.state = 'running'
        row.startedAt = startedAt
      }),
    fit: (result) => result,
    finish: async (id, result) =>
      update(id, (row) => {
        row.state = row.request.origin === 'server' ? 'finished' : 'acknowledged'
        row.result = result
      }),
    refuse: async (record, result) =>
      insert(record, record.request.origin === 'server' ? 'finished' : 'acknowledged', result),
    acknowledge: async (id) =>
      update(id, (row) => {
        if (row.state === 'finished') row.state = 'acknowledged'
      }),
    outbox: async ({ after, limit = Number.POSITIVE_INFINITY } = {}) => {
      const all = [...rows.values()]
      const from = all.findIndex((row) => row.request.id === after) + 1
      const left = all.slice(from).filter((row) => row.state === 'finished' && row.request.origin === 'server')
      return left.slice(0, limit).flatMap((row) => row.result ?? [])
    },
    get outboxSize() {
      return waiting().length
    },
    startsSince: async (type, since) =>
      [...rows.values()]
        .filter((row) => row.request.type === type && row.startedAt !== null && row.startedAt >= since)
        .map((row) => row.startedAt as number),
  }
}

function entryOf(row: Row | undefined): JournalEntry | undefined {
  if (row === undefined) return undefined
  const { id, digest, origin } = row.request
  return { id, digest, origin, state: row.state, result: row.result }
}
