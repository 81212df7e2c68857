import type { Command } from 'commander'
import { findConfigFile, type LoadedConfig, type LoadOptions, loadConfig } from '../config/index.ts'
import type { GlobalOptions } from './program.ts'

/** The config a verb works with, and how to read it again. */
export interface Loaded {
  readonly loaded: LoadedConfig
  readonly source: LoadOptions
}

/**
 * Reads the config that `--config`, `--set` and the environment name.
 *
 * @throws ConfigError
 */
export async function load(command: Command): Promise<Loaded> {
  const source = await sourceOf(command)
  return { source, loaded: await loadConfig(source) }
}

/** Where the config is read from. */
export async function sourceOf(command: Command): Promise<LoadOptions> {
  const { config, set } = command.optsWithGlobals<GlobalOptions>()
  return { file: await findConfigFile({ flag: config }), flags: set ?? {} }
}
