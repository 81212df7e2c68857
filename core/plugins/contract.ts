import type { AfterCrash, Check, Logger, ObjectSchema, OperatorLimits, Permissions, Plugin } from '@gururmm/plugin-sdk'
import type { Approvals } from '../approvals/index.ts'
import type { Registry } from '../dispatch/contract.ts'
import type { Redactor } from '../redaction/index.ts'
import type { Runner } from '../runner/contract.ts'
import type { IsolationOptions } from './isolated/options.ts'

/** What the config says of one plugin: an entry of its `plugins`. */
export interface PluginSettings {
  readonly enabled: boolean
  /** Where it comes from: a folder (begins with `.`, `/` or a drive) or a package name. Absent: shipped with the agent. */
  readonly use?: string
  /** The digest that its files must have: see `integrity.ts`. Absent: any. */
  readonly integrity?: string
  /** The grants. Absent: none; a shipped plugin then has what it asks for. */
  readonly permissions?: Permissions
  /** What holds a plugin from elsewhere: a process of its own, or that within bubblewrap. Default: `process`. */
  readonly isolation?: 'process' | 'sandbox'
  /** JavaScript heap of its process. Default: 256. */
  readonly memoryMegabytes?: number
  /** Its process is stopped when no command came for so long. Default: 60. */
  readonly idleStopSeconds?: number
  /** By command type; each laid over the plugin's own. */
  readonly limits?: Readonly<Record<string, OperatorLimits>>
  readonly config: object
  /** What the server's site profile takes away. Default: nothing. */
  readonly narrowing?: Narrowing
  /** Names the place of the config that says a key, for refusals. Default: the key itself. */
  readonly ruleOf?: (keys: readonly string[]) => string
}

/** What is taken away from one plugin, above its config. */
export interface Narrowing {
  /** Who takes it away, as refusals name it, e.g. `site profile 7`. */
  readonly source: string
  /** Why the plugin is switched off, in one plain sentence; null: it is not. */
  readonly off: string | null
  /** By command type; of each number the narrower one holds. */
  readonly limits: Readonly<Record<string, OperatorLimits>>
}

/** A command type, for `auth`, the CLI and the docs. */
export interface CommandSummary {
  readonly type: string
  readonly description: string
  readonly schemas: { readonly input: ObjectSchema; readonly result?: ObjectSchema }
  /** `sha256-…` of the input schema as canonical JSON. */
  readonly schemaDigest: string
  /** Seconds; null: the agent's default. */
  readonly timeoutSeconds: number | null
  /** In force here. */
  readonly limits: OperatorLimits
  readonly elevation: boolean
  readonly afterCrash: AfterCrash
}

/** How a plugin stands. */
export interface PluginStatus {
  readonly name: string
  readonly state: 'enabled' | 'disabled' | 'failed'
  /** One plain sentence: why it is disabled or failed, or why a new config was not taken; null: all is well. */
  readonly reason: string | null
  /** The place that says whether it is on, e.g. `agent.config.json: sites.clinic.plugins.shell.enabled`. */
  readonly rule: string
  /** The reason's error code, where it has one. */
  readonly code: string | null
  /** What follows is of the manifest, and null or empty where that could not be read. */
  readonly version: string | null
  readonly permissions: Permissions
  readonly configSchema: ObjectSchema | null
  readonly commands: readonly CommandSummary[]
  readonly shipped: boolean
  /** Absolute; null where it was not found. */
  readonly folder: string | null
}

export interface PluginHostOptions {
  /** The config's `plugins`. Where two bring the same command type, the first named has it. */
  readonly plugins: Readonly<Record<string, PluginSettings>>
  /** The folder of each shipped plugin, by the plugin's name. */
  readonly shippedFolders: Readonly<Record<string, string>>
  /** Plugins that are in memory already and are not looked for on the disk; for the testing kit. Default: none. */
  readonly given?: Readonly<Record<string, Plugin>>
  /** Each plugin gets `plugins/NAME` below it. */
  readonly dataDir: string
  readonly site: string
  /** The folder of the config file, where relative paths start. */
  readonly configDir: string
  readonly runner: Runner
  readonly redactor: Redactor
  readonly logger: Logger
  /** Whom commands may ask. Default: nobody. */
  readonly approvals?: Pick<Approvals, 'ask'>
  /** URL of the one copy of the SDK that plugins get when they import `@gururmm/plugin-sdk`. Default: what they bring along. */
  readonly sdkUrl?: string
  /** How plugins that are not shipped are kept apart. Default: they are refused. */
  readonly isolation?: IsolationOptions
  /** How much of each stream a result keeps, in bytes of UTF-8. */
  readonly maxOutputBytes: number
  /** How long `setup`, `check` and `teardown` may take. Default: 10. */
  readonly hookTimeoutSeconds?: number
  /** How long a stopped handler may take to end once its programs are gone; then it is given up. Default: 5. */
  readonly stuckAfterSeconds?: number
  /**
   * Plugins' code is loaded once this settles, or as soon as a command or any call but {@link PluginHost.list} needs it; their manifests
   * are read at once. An agent that is to be connected fast passes the moment it is. Default: at once.
   */
  readonly loadAfter?: Promise<unknown>
  /** Whether a promise that a plugin leaves behind and that rejects is logged; else it ends the process. Default: true. */
  readonly catchStrayRejections?: boolean
}

/** Holds the plugins of an agent. A fault of one never throws out of here: it is in its status. */
export interface PluginHost {
  /** Serves commands at once; those of a plugin that is still being set up wait for it. */
  readonly registry: Registry
  /** Settles when every enabled plugin is set up or failed. Never rejects. */
  readonly ready: Promise<void>
  /** Does not wait any longer for {@link PluginHostOptions.loadAfter}. Resolves as {@link PluginHost.ready} does. */
  load(): Promise<void>
  /** In the order of the config. Never waits. */
  list(): readonly PluginStatus[]
  /** What manifest and config allow each command type of a plugin, whatever narrows it; undefined: there is no such plugin. */
  ownLimits(name: string): Readonly<Record<string, OperatorLimits>> | undefined
  /** Loads it if it was disabled, tries again if it failed. Resolves once that is done. */
  enable(name: string): Promise<PluginStatus>
  /**
   * Takes no new commands from now on.
   *
   * @returns once the running ones have ended and the plugin is torn down.
   */
  disable(name: string): Promise<PluginStatus>
  /**
   * Puts new settings in force; a name not known until now is added. Commands that run keep what they began with. Where the
   * new settings do not hold, the old ones stay and the status says why.
   */
  reconfigure(name: string, settings: PluginSettings): Promise<PluginStatus>
  /**
   * Takes a plugin's code from the disk anew, in a new process. Where the new code does not hold, the old one stays and the status
   * says why.
   *
   * @throws PluginError `PLUGIN_NOT_FOUND`, `PLUGIN_RELOAD_UNAVAILABLE`.
   */
  reload(name: string): Promise<PluginStatus>
  /** The plugin's self-test, for `doctor`. Never rejects. */
  check(name: string): Promise<readonly Check[]>
  /** {@link PluginHost.disable} for all. The caller ends the running commands first. */
  close(): Promise<void>
}
