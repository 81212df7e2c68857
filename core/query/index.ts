/**
 * What the agent tells of its commands and itself: to the server by `query`, to the command line by the local socket.
 *
 * @module
 */
export type { HistoryReader, OutputRange, Queries } from './contract.ts'
export { createHistoryReader } from './history-reader.ts'
export { createQueries, type QueryOptions, queryInvalid } from './queries.ts'
