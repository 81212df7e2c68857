/**
 * Holds the agent's plugins: finds, checks, loads, sets up, runs their commands, changes them live. Implements dispatch's `Registry`.
 *
 * @module
 */
export type { CommandSummary, PluginHost, PluginHostOptions, PluginSettings, PluginStatus } from './contract.ts'
export { askPlugin, type PluginExplanation } from './explaining.ts'
export { createPluginHost } from './host.ts'
export { isPluginError, type PluginError } from './plugin-error.ts'
