/**
 * Reads `agent.config.json`, the agent's settings and policy.
 *
 * @module
 */
export { buildConfig, type LoadedConfig, type LoadOptions, loadConfig } from './load.ts'
export { type ConfigError, type ConfigProblem, describeProblem, isConfigError } from './problems.ts'
export { type AgentConfig, configSchema, type PluginConfig } from './schema.ts'
