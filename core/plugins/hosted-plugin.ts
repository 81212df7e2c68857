import type { Check, Manifest } from '@gururmm/plugin-sdk'
import type { Execution, Failure, RunResult } from '../dispatch/contract.ts'
import type { PluginSettings } from './contract.ts'
import type { GrantedPermissions } from './permissions.ts'
import type { CheckedConfig } from './settings.ts'

/** What a plugin works with from one setup to the next. */
export interface PluginSetup {
  /** Of an isolated plugin as the config has it: its schema is a stranger's, and used only in the plugin's own process. */
  readonly config: CheckedConfig
  readonly permissions: GrantedPermissions
  readonly settings: PluginSettings
  /** Whether the code of an isolated plugin is started at once, so that what is wrong with it is known now. */
  readonly startNow: boolean
}

/** What is wrong with a plugin that is set up. */
export interface PluginHealth {
  /** `enabled`: it goes on with the next command. */
  readonly state: 'enabled' | 'failed'
  readonly code: string
  /** One or two plain sentences. */
  readonly message: string
}

/**
 * A plugin whose code is loaded, wherever it runs: in this process or in one of its own. Order of calls: `setUp`, then the
 * others in any order and number (`setUp` again on a config change), at last `stop`.
 */
export interface HostedPlugin {
  /** The manifest as the loaded code declares it. */
  readonly declared: Manifest
  /**
   * Sets the plugin up; commands that run keep the setup they began with.
   *
   * @throws PluginError `PLUGIN_SETUP_FAILED` where setup throws or takes too long. The setup before, if any, is then still in force.
   */
  setUp(setup: PluginSetup): Promise<void>
  /** Checks a command's input against the schema of its type, on a copy. */
  validate(type: string, input: unknown): Promise<{ readonly input: unknown } | { readonly failure: Failure }>
  /** As `CommandType.run`. */
  run(execution: Execution): Promise<RunResult>
  /** The plugin's own checks. Never rejects. */
  check(): Promise<readonly Check[]>
  /** Tears the plugin down; no command runs any more. Never rejects; also safe where `setUp` failed. */
  stop(): Promise<void>
  /** Only of plugins that run in a process of their own. Never waits. */
  health?(): PluginHealth | null
}

/** Loads a plugin's code. */
export type OpenPlugin = (source: {
  /** As the manifest on the disk says; it has passed the checks. */
  readonly manifest: Manifest
  /** Absolute; null where the code is in memory already. */
  readonly folder: string | null
}) => Promise<HostedPlugin>
