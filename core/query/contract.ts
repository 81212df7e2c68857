import type { StreamName } from '../dispatch/contract.ts'
import type { HistoryDetail, HistoryPage, HistoryQuery } from '../journal/index.ts'
import type { QueryPayload, QueryResultPayload } from '../protocol/messages.ts'

/** A piece of what a command wrote to one stream. */
export interface OutputRange {
  readonly data: string
  /** Where `data` begins, in bytes of UTF-8: where the byte that was asked for is inside a character, at that character. */
  readonly offset: number
  /** How long the stream is until now. */
  readonly totalBytes: number
  /** Nothing comes after `data`, now or later. */
  readonly end: boolean
}

/** What is known of the commands of this agent. */
export interface HistoryReader {
  /** @throws CommandError `JOURNAL_UNAVAILABLE`. */
  list(query: HistoryQuery): Promise<HistoryPage>
  /**
   * One command in full.
   *
   * @throws CommandError `COMMAND_NOT_FOUND`, `JOURNAL_UNAVAILABLE`.
   */
  show(id: string): Promise<HistoryDetail>
  /**
   * A piece of at most `length` bytes (and the few that make its first character whole).
   *
   * @throws CommandError `COMMAND_NOT_FOUND`, `OUTPUT_GONE`, `JOURNAL_UNAVAILABLE`.
   */
  output(id: string, stream: StreamName, offset: number, length: number): Promise<OutputRange>
}

/** Answers the server's queries, one after the other. */
export interface Queries {
  /** @param send resolves when the socket took the answer; the next query waits for it. Never rejects. */
  receive(query: QueryPayload, send: (result: QueryResultPayload) => Promise<unknown>): Promise<void>
}
