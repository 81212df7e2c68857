import type { Logger } from '@gururmm/plugin-sdk'
import type { CommandState, Journal, JournalRecord } from '../dispatch/contract.ts'
import type { CommandResultPayload } from '../protocol/messages.ts'

/** `tombstone`: only id, digest and the bare facts are left; input and result are gone. */
export type HistoryState = CommandState | 'tombstone'

/** What finds a process of a dead agent again: a number alone may have been given to a stranger since. */
export interface RunMark {
  readonly pid: number
  /** When the process started, in whatever form the runner compares. */
  readonly startTime: string
  /** The value in the environment of everything that belongs to the command. */
  readonly marker: string
}

/** A command that was accepted or running when an earlier agent process died. */
export interface UnfinishedCommand {
  readonly record: JournalRecord
  readonly state: 'accepted' | 'running'
  /** How often it was started; guards a `rerun` that takes the agent down each time. */
  readonly starts: number
  /** Its processes, as far as they were recorded. */
  readonly runs: readonly RunMark[]
  /** False where secrets were masked in the input, or it was lost: the command can't run again as it was sent. */
  readonly inputIntact: boolean
}

/** One line of the history. Times are ms since the epoch by the wall clock of the day; `seq` is the order of arrival. */
export interface HistoryEntry {
  readonly seq: number
  readonly id: string
  readonly type: string
  readonly plugin: string | null
  readonly origin: 'server' | 'local'
  readonly state: HistoryState
  readonly user: string | null
  readonly role: string | null
  readonly receivedAt: number
  readonly startedAt: number | null
  readonly finishedAt: number | null
  readonly acknowledgedAt: number | null
  readonly exitCode: number | null
  readonly errorCode: string | null
  readonly durationMs: number | null
}

/** One command in full. */
export interface HistoryDetail extends HistoryEntry {
  readonly elevated: boolean
  readonly timeoutSeconds: number | null
  /** Secrets masked; undefined once it is no longer kept. */
  readonly input: unknown
  readonly commandText: string | null
  /** Null before the end, and once it is no longer kept. */
  readonly result: CommandResultPayload | null
}

/** All given filters must hold. */
export interface HistoryQuery {
  readonly type?: string
  readonly plugin?: string
  readonly state?: HistoryState
  readonly origin?: 'server' | 'local'
  readonly user?: string
  /** Received at or after, ms since the epoch. */
  readonly since?: number
  /** Received before, ms since the epoch. */
  readonly until?: number
  /** Occurs in id, type, user, input or result; upper and lower case of ASCII letters are one. */
  readonly text?: string
  /** At most so many entries. Default: 50; 1000 at most. */
  readonly limit?: number
  /** Only entries that came before this `seq`; see {@link HistoryPage.next}. */
  readonly before?: number
}

/** Newest first. */
export interface HistoryPage {
  readonly entries: readonly HistoryEntry[]
  /** Give it as `before` to get the next page; null: there are no more. */
  readonly next: number | null
}

/** A file that was found damaged, and what became of it. */
export interface Damage {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly reason: string
  /** Where the damaged files are kept. */
  readonly setAside: readonly string[]
  /** Commands that were read back out of them, and results among those. */
  readonly commands: number
  readonly results: number
  /** Results that waited for the server and could not be read: replaced by a `RESULT_LOST` result. */
  readonly lostResults: number
}

/** How the journal is, for heartbeat, `status` and `doctor`. */
export interface JournalHealth {
  /** False: commands are refused with `JOURNAL_UNAVAILABLE`. */
  readonly available: boolean
  /** Why not, in one sentence; null where all is well. */
  readonly reason: string | null
  /** Since when the disk fails, ms since the epoch; null where it does not. */
  readonly since: number | null
  /** The last damage found by this process; it works again since. */
  readonly damage: Damage | null
  readonly outbox: number
  /** Bytes in use of `limits.maxBytes`. */
  readonly bytes: number
}

/** Whose commands: one user's (null: of those who named none), or a role's. Empty: everybody's. */
export interface By {
  readonly user?: string | null
  readonly role?: string
}

/** What one command used, and when it started, ms since the epoch. */
export interface Spent {
  readonly at: number
  readonly value: number
}

/** The journal on disk. Each method of {@link Journal}, and what recovery, history and `status` need. */
export interface DurableJournal extends Journal {
  /** Never waits. */
  health(): JournalHealth
  /** What an earlier process left unfinished, oldest first. Each is to be finished, or started again. */
  unfinished(): Promise<readonly UnfinishedCommand[]>
  /**
   * A process of a running command, for the recovery after a crash. Safe against the end of the agent; not against that of the
   * machine, which ends the process too.
   */
  recordRun(id: string, run: RunMark): Promise<void>
  /** What the results of a type's commands tell of one key of their `usage`, of those that started since then, oldest first. */
  usageSince(type: string, key: string, since: number, by?: By): Promise<readonly Spent[]>
  history(query?: HistoryQuery): Promise<HistoryPage>
  /** One command in full. */
  entry(id: string): Promise<HistoryDetail | undefined>
  /** Applies the retention by age and size now; it also happens by itself, every hour. */
  maintain(): Promise<void>
  /** Writes what waits, then gives the folder free. Calls after it are rejected. */
  close(): Promise<void>
}

export interface JournalLimits {
  /** All files of the journal together. Default: 268435456; less than 1 MiB counts as 1 MiB. */
  readonly maxBytes?: number
  /** How long inputs and results are kept, and results that no server took. Default: 30. */
  readonly resultDays?: number
  /** How long an id is remembered, to stop late duplicates. Default: 30; `resultDays` where that is more. */
  readonly tombstoneDays?: number
}

/** Where time comes from. */
export interface JournalClock {
  /** Wall clock, ms since the epoch; may jump. */
  now(): number
  /** Milliseconds since some fixed moment, time asleep included; never jumps. */
  uptime(): number
}

export interface JournalOptions {
  /** The journal's own folder; made if missing. */
  readonly directory: string
  readonly limits?: JournalLimits
  /** Masks secrets in a text; applied to every string of an input before it is written. */
  readonly redact: (text: string) => string
  readonly logger: Logger
  readonly clock?: JournalClock
  /** Called at each change of `available` or `damage`. */
  readonly onHealth?: (health: JournalHealth) => void
}
