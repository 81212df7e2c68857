/**
 * What the agent and its command line say to each other on one machine: HTTP over the data folder's socket, and the lock that makes
 * the folder one agent's own.
 *
 * @module
 */
export { findAgent } from './client.ts'
export {
  type AgentControl,
  type CheckGroup,
  type LocalError,
  type LocalStatus,
  localError,
  type PluginChange,
  type RunOptions,
} from './contract.ts'
export { type DataDirLock, lockDataDir } from './lock.ts'
export { createLocalServer, type LocalServer, type LocalServerOptions } from './server.ts'
