import { findConfigFile, type LoadedConfig, type LoadOptions, loadConfig } from '../config/index.ts'
import type { Call, GlobalOptions } from './verb.ts'

/** The config a verb works with, and how to read it again. */
export interface Loaded {
  readonly loaded: LoadedConfig
  readonly source: LoadOptions
}

/**
 * Reads the config that `--config`, `--set` and the environment name.
 *
 * @param env Default: the process's own.
 * @throws ConfigError
 */
export async function load(call: Call, env: LoadOptions['env'] = process.env): Promise<Loaded> {
  const source = { ...(await sourceOf(call)), env }
  return { source, loaded: await loadConfig(source) }
}

/** Where the config is read from. */
export async function sourceOf(call: Call): Promise<LoadOptions> {
  const { config, set } = call.optsWithGlobals<GlobalOptions>()
  return { file: await findConfigFile({ flag: config }), flags: set ?? {} }
}
