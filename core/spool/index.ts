/**
 * The output of commands on the disk: what their results have no room for, and what a server missed while it streamed.
 *
 * @module
 */
export type { KeptOutput, Spool, SpoolLimits, SpoolOptions } from './contract.ts'
export { createSpool } from './spool.ts'
export { isContinuation, wholeEnd } from './utf8.ts'
