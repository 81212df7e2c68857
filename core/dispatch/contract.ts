import type { AfterCrash, ErrorCode, Limits, OperatorLimits } from '@gururmm/plugin-sdk'
import type { CommandResultPayload } from '../protocol/messages.ts'
import type { Session } from './delivery.ts'

/** What dispatch needs from the rest of the agent. Other rooms implement these; the minimal core imports none of them. */

/** A command of the wire or the local socket, normalised. */
export interface CommandRequest {
  readonly id: string
  readonly type: string
  /** Not yet checked against the type's schema. */
  readonly input: unknown
  /** The wire's `command` text; fills the input's `command` where the type has one and the input lacks it. Empty: none. */
  readonly commandText: string
  /** Null: the type's default. */
  readonly timeoutSeconds: number | null
  readonly elevated: boolean
  readonly origin: 'server' | 'local'
  readonly requester: { readonly user: string | null; readonly role: string | null }
  /** Milliseconds since the epoch; null: never. */
  readonly expiresAt: number | null
  /** SHA-256 over the canonical JSON of what was sent; tells a repeated delivery from a reused id. */
  readonly digest: string
}

/** Why a command does not run, or did not end well. */
export interface Failure {
  readonly code: ErrorCode | (string & {})
  /** One plain sentence. */
  readonly message: string
  readonly retryAfterSeconds?: number
  readonly rule?: string
  /** The code of what went wrong as well, where the command was stopped and did not even end well then. */
  readonly cause?: string
}

/** A stream of which something was left out. */
export interface Truncation {
  readonly totalBytes: number
  readonly droppedBytes: number
  /** Hex. */
  readonly sha256: string
}

/** How a run ended: always a value. */
export interface RunResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  readonly failure?: Failure
  /** The handler refused it before it did anything: no start, for limits of starts. */
  readonly refused?: true
  readonly truncation?: { readonly stdout?: Truncation; readonly stderr?: Truncation }
  readonly data?: unknown
  readonly usage?: Readonly<Record<string, number>>
}

/** The output streams of a command. */
export const STREAMS = ['stdout', 'stderr'] as const
export type StreamName = (typeof STREAMS)[number]

/** A piece of output: decoded, redacted. */
export interface OutputPiece {
  readonly stream: StreamName
  /** Where it begins in its stream, in bytes of UTF-8. */
  readonly offset: number
  readonly data: string
}

/** One piece of news of a running command. */
export type ProgressItem = OutputPiece | { readonly stream: 'event'; readonly data: object }

/** Tells the server of one command while it runs, as far as there is room. Never waits. */
export interface Progress {
  tell(item: ProgressItem): void
  /** The result is about to be sent; what waits to be told is told now, or not at all where the result says it. */
  end(result: CommandResultPayload): void
}

/** @param session the one that is ready whenever it is asked; null: none. */
export type ProgressFactory = (id: string, session: () => Session | null) => Progress

/** Why a run was told to stop; the reason of its AbortSignal. */
export type StopReason = 'timeout' | 'cancel' | 'shutdown'

/** One execution, as handed to the plugin host. */
export interface Execution {
  readonly command: Pick<CommandRequest, 'id' | 'type' | 'elevated' | 'origin' | 'requester'>
  /** Accepted by the type's schema; a copy of the plugin's own. */
  readonly input: unknown
  readonly timeoutSeconds: number
  /** Only to be explained: the plugin's own policy is asked, nothing runs. */
  readonly explain?: true
  /** Deadline, cancel and shutdown; `signal.reason` is a {@link StopReason}. */
  readonly signal: AbortSignal
  /** Takes what the command prints and says. While a returned promise is pending, its programs are to wait; it never rejects. */
  progress(item: ProgressItem): Promise<void> | void
}

/** A command type that can be run now. */
export interface CommandType {
  readonly type: string
  readonly plugin: string
  /** Default deadline in seconds; null: the agent's. */
  readonly timeoutSeconds: number | null
  /** In force here: manifest, config and site profile merged. */
  readonly limits: OperatorLimits
  /** Names the place that says one of these limits (`rate`, or `perUser`, `rate`), for refusals. Absent: the config. */
  ruleOf?(...limit: string[]): string
  /** Of all the plugin's types together; absent: none. */
  readonly pluginLimits?: Limits
  readonly elevation: boolean
  readonly afterCrash: AfterCrash
  /** Whether the input schema has a property `command`, which the wire's `command` text fills. */
  readonly takesCommandText: boolean
  /** Checks the input on a copy, and fills in defaults. */
  validate(input: unknown): Promise<{ readonly input: unknown } | { readonly failure: Failure }>
  /**
   * Runs the handler. Resolves, whatever the plugin does, once nothing of the command is left running; after an abort with what
   * was captured until then. Rejects only on a fault of the host itself.
   */
  run(execution: Execution): Promise<RunResult>
}

/** Which plugin serves a command type. */
export interface Registry {
  /** The type, or why not (`COMMAND_TYPE_UNKNOWN`, `PLUGIN_DISABLED`, `PLUGIN_UNAVAILABLE`). */
  find(type: string): CommandType | { readonly failure: Failure }
}

/** A place that was granted. */
export interface Place {
  /**
   * Waits until the command may start, or its signal aborts.
   *
   * @returns false where the signal aborted first. Either way, {@link Place.release} is owed.
   */
  wait(signal: AbortSignal): Promise<boolean>
  /**
   * Gives back all that is held. A second call does nothing.
   *
   * @param counts false: what had been started was refused before it did anything, so it is no start. Default: true.
   */
  release(counts?: boolean): void
}

/** Decides whether a command may run now, may wait, or is refused: the limits of its type, its plugin and the agent. */
export interface Admission {
  /**
   * Takes a place, running or waiting, in every scope, or none. Never waits for other commands.
   *
   * @param deadlineMs how long the command may run; those who are refused are told when a place comes free at the latest.
   * @param requester who asks. Default: nobody is named.
   */
  admit(
    type: CommandType,
    deadlineMs: number,
    requester?: CommandRequest['requester'],
  ): Promise<Place | { readonly failure: Failure }>
}

export type CommandState = 'accepted' | 'running' | 'finished' | 'acknowledged'

/** What is kept of a command. */
export interface JournalEntry {
  readonly id: string
  readonly digest: string
  readonly origin: 'server' | 'local'
  readonly state: CommandState
  /** From `finished` on; null once only the tombstone is left. */
  readonly result: CommandResultPayload | null
}

/** What is recorded when a command is taken (or refused for a reason that may pass). */
export interface JournalRecord {
  readonly request: CommandRequest
  /** Null where no plugin serves the type. */
  readonly plugin: string | null
  readonly afterCrash: AfterCrash
  /** Milliseconds since the epoch. */
  readonly receivedAt: number
}

/** A part of the outbox, so that a long absence of the server does not have to fit into memory. */
export interface OutboxPage {
  /** Only what comes after this command's result. */
  readonly after?: string
  /** At most so many results. Default: all. */
  readonly limit?: number
  /** Stops after the result that reaches so many characters. Default: no bound. */
  readonly maxCharacters?: number
}

/**
 * The durable record of commands. Every method resolves once what it says is safe, in the order of the calls; each may reject
 * (`code: "JOURNAL_UNAVAILABLE"`), and the command is then refused.
 */
export interface Journal {
  lookup(id: string): Promise<JournalEntry | undefined>
  /** The command will run. */
  accept(record: JournalRecord): Promise<void>
  /** It runs now; counts for rate limits. */
  start(id: string, startedAt: number): Promise<void>
  /** The result as there is room to keep it. Only that may be sent: a repeat comes from what is kept. */
  fit(result: CommandResultPayload): CommandResultPayload
  /**
   * It ended; its result waits in the outbox where it came from the server.
   *
   * @param counts false: a start that was recorded is none; see {@link RunResult.refused}. Default: true.
   */
  finish(id: string, result: CommandResultPayload, counts?: boolean): Promise<void>
  /** Refused for a reason that depends on state: recorded as finished, so that a repeated delivery gets the same answer. */
  refuse(record: JournalRecord, result: CommandResultPayload): Promise<void>
  /** The server has the result (or, without acks, the socket took it). */
  acknowledge(id: string): Promise<void>
  /** Results of commands from the server that were not acknowledged, oldest first. */
  outbox(page?: OutboxPage): Promise<readonly CommandResultPayload[]>
  /** How many wait in the outbox. Never waits. */
  readonly outboxSize: number
  /** Times (ms since the epoch) of the starts of a command type since then, oldest first; only of a user or role where given. */
  startsSince(type: string, since: number, by?: { user?: string | null; role?: string }): Promise<readonly number[]>
}

/** Keeps the output of commands beyond what their results hold. Whatever goes wrong in it, no command fails or hangs by it. */
export interface OutputStore {
  /** A command starts now. What an earlier run of the same id left is dropped. */
  open(id: string): OutputSink
  /** The server has the result, or none waits for it: this output may go before others. */
  acknowledged(id: string): void
}

/** The output of one command. */
export interface OutputSink {
  /** Takes the pieces of each stream in order. While a returned promise is pending, the program is to wait: never for long. */
  write(piece: OutputPiece): Promise<void> | undefined
  /** No more comes. `result`: as it was recorded; null where it was not. */
  end(result: CommandResultPayload | null): void
}
