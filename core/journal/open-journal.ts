import type { JournalRecord, OutboxPage } from '../dispatch/contract.ts'
import type { CommandResultPayload } from '../protocol/messages.ts'
import type { DurableJournal, HistoryQuery, JournalHealth, JournalOptions, RunMark } from './contract.ts'
import { type Disk, realDisk } from './disk.ts'
import { isStoreFailure, reasonOf, unavailable } from './errors.ts'
import { searchHistory } from './history.ts'
import { Memory } from './memory.ts'
import { prepareInput } from './prepared.ts'
import type { Records } from './records.ts'
import { Retention } from './retention.ts'
import { Upkeep } from './upkeep.ts'
import { type OpenJournal, Vault } from './vault.ts'
import { Writer } from './writer.ts'

/** What a row takes beside its texts, for the size of a batch. */
const ROW_BYTES = 512

interface Parts {
  readonly options: JournalOptions
  readonly memory: Memory
  readonly vault: Vault
  readonly retention: Retention
  readonly writer: Writer
}

/**
 * Opens the journal of a data folder, or makes one.
 *
 * Whatever state the files are in, the agent can start: damaged ones are set aside and read back as far as possible, and while the
 * disk does not work, commands are refused until it does; {@link DurableJournal.health} says which and why.
 *
 * @param disk what writes and syncs; tests give their own.
 * @throws CommandError `AGENT_LOCKED` where another agent has the folder.
 */
export async function openJournal(options: JournalOptions, disk: Disk = realDisk): Promise<DurableJournal> {
  const memory = new Memory()
  const vault: Vault = new Vault(options, disk, memory, () => options.onHealth?.(health()))
  const retention = new Retention(options.limits ?? {}, vault.clock, () => vault.steady())
  const writer = new Writer(vault, memory, retention)
  const upkeep = new Upkeep(vault, writer, retention, options.logger)
  const parts = { options, memory, vault, retention, writer }
  const health = healthOf(parts)
  await vault.begin()
  upkeep.begin()
  return {
    ...writesOf(parts),
    ...readsOf(parts),
    get outboxSize() {
      return health().outbox
    },
    health,
    maintain: () => upkeep.maintain(),
    async close() {
      upkeep.end()
      await writer.close()
      await vault.close()
    },
  }
}

type Writes = Pick<DurableJournal, 'fit' | 'accept' | 'start' | 'finish' | 'refuse' | 'acknowledge' | 'recordRun'>

function writesOf({ options, memory, retention, writer }: Parts): Writes {
  const lazy = (id: string, run: (records: Records) => void, done = () => {}): Promise<void> =>
    writer.submit({ kind: 'lazy', id, run, done, bytes: ROW_BYTES, owed: { id, bytes: ROW_BYTES, run } })
  return {
    async accept(record: JournalRecord) {
      const { id } = record.request
      const input = prepareInput(record.request, options.redact)
      const bytes = input.json.length + input.commandText.length + ROW_BYTES
      const run = (records: Records) => records.insert(record, input)
      await writer.submit({ kind: 'durable', id, record, bytes, run, done: () => memory.accepted(record, input) })
    },
    // A start that a power cut takes back leaves the command accepted, which counts for rate limits all the same.
    start: (id, startedAt) =>
      lazy(
        id,
        (records) => records.start(id, startedAt),
        () => memory.started(id, startedAt),
      ),
    fit: (result) => retention.fit(result),
    async finish(id, result, counts) {
      const prepared = retention.fitting(id, result)
      const run = (records: Records) => records.finish(id, prepared, counts)
      const bytes = prepared.json.length + ROW_BYTES
      const owed = { id, bytes, result, run }
      await writer.submit({ kind: 'durable', id, bytes, run, owed, done: () => memory.finished(id) })
    },
    async refuse(record: JournalRecord, result: CommandResultPayload) {
      const { id } = record.request
      const input = prepareInput(record.request, options.redact)
      const prepared = retention.fitting(id, result)
      const run = (records: Records) => records.refuse(record, input, prepared)
      const bytes = input.json.length + input.commandText.length + prepared.json.length + ROW_BYTES
      await writer.submit({ kind: 'durable', id, record, bytes, run, owed: { id, bytes, result, run } })
    },
    // Taken back by a power cut, the result is sent once more: the server knows it by its id.
    acknowledge: (id) => lazy(id, (records) => records.acknowledge(id)),
    recordRun: (id: string, mark: RunMark) => lazy(id, (records) => records.recordRun(id, mark)),
  }
}

type Reads = Pick<
  DurableJournal,
  'lookup' | 'outbox' | 'startsSince' | 'usageSince' | 'unfinished' | 'history' | 'entry'
>

function readsOf({ memory, vault, writer }: Parts): Reads {
  const inTurn = <T>(run: (records: Records) => T): Promise<T> => writer.submit({ kind: 'read', run })
  const explained = (error: unknown): unknown => {
    if (!isStoreFailure(error)) return error
    writer.suspect(error)
    return unavailable(reasonOf(error), error)
  }
  const current = (): OpenJournal => {
    if (vault.open === null) throw unavailable(vault.reason ?? 'it is closed')
    return vault.open
  }
  return {
    async lookup(id) {
      const owed = memory.lookup(id)
      if (owed !== undefined) return owed
      if (writer.isPending(id)) return inTurn((records) => records.lookup(id))
      // Past the queue: nothing in it is about this command.
      try {
        return current().records.lookup(id)
      } catch (error) {
        throw explained(error)
      }
    },
    outbox: (page: OutboxPage = {}) => inTurn((records) => records.outbox(page)),
    startsSince: (type, since, by) => inTurn((records) => records.startsSince(type, since, by)),
    usageSince: (type, key, since, by) => inTurn((records) => records.usageSince(type, key, since, by)),
    unfinished: () => inTurn((records) => records.unfinished()),
    async history(query: HistoryQuery = {}) {
      await inTurn(() => {})
      try {
        return await searchHistory(() => current().store, query)
      } catch (error) {
        throw explained(error)
      }
    },
    entry: (id) => inTurn((records) => records.detail(id)),
  }
}

function healthOf({ vault, writer, retention }: Parts): () => JournalHealth {
  let last = { outbox: 0, bytes: 0 }
  return () => {
    const { damage, open, writable } = vault
    if (open !== null) {
      const { file, log } = open.store.size()
      last = { outbox: open.records.waiting, bytes: file + log }
    }
    const stalledMs = writable ? writer.stalledMs : 0
    const stall = `the disk of the data folder has not answered for ${Math.round(stalledMs / 1000)} s`
    const reason = stalledMs > 0 ? stall : (vault.reason ?? retention.fullReason)
    const since = stalledMs > 0 ? Math.round(vault.clock.now() - stalledMs) : vault.since
    return { available: reason === null, reason, since, damage, ...last }
  }
}
