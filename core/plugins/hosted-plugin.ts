import type { Check, Manifest } from '@gururmm/plugin-sdk'
import type { Execution, Failure, RunResult } from '../dispatch/contract.ts'
import type { GrantedPermissions } from './permissions.ts'
import type { CheckedConfig } from './settings.ts'

/** What a plugin works with from one setup to the next. */
export interface PluginSetup {
  readonly config: CheckedConfig
  readonly permissions: GrantedPermissions
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
}

/** Loads a plugin's code. */
export type OpenPlugin = (source: {
  /** As the manifest on the disk says; it has passed the checks. */
  readonly manifest: Manifest
  /** Absolute; null where the code is in memory already. */
  readonly folder: string | null
}) => Promise<HostedPlugin>
