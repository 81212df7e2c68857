/**
 * The agent's own log.
 *
 * @module
 */
export { type AgentLog, createLog, type LogLevel, type LogOptions } from './log.ts'
