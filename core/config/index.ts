/**
 * Reads `agent.config.json`, the agent's settings and policy.
 *
 * @module
 */
export { ensureAgentId, prepareDataDir } from './data-dir.ts'
export { type ConfigEdit, editConfig, type PluginSwitch, setPluginEnabled } from './edit.ts'
export { type FindOptions, findConfigFile, machineConfigFile } from './find.ts'
export { guessDataDir } from './guess.ts'
export { buildConfig, type LoadedConfig, type LoadOptions, loadConfig } from './load.ts'
export type { RuleOf } from './origin.ts'
export { type ConfigError, type ConfigProblem, describeProblem, isConfigError } from './problems.ts'
export { findUnprotected } from './protected.ts'
export { type AgentConfig, configSchema, type PluginConfig } from './schema.ts'
export { readSecretFile } from './secret-file.ts'
export { createTokenSource, type TokenOptions } from './token.ts'
