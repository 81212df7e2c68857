import type { ApprovalRequest, Check, Permissions, Plugin, Verdict } from './plugin.ts'

/**
 * The kit for a plugin's own tests: runs its commands through the agent's real validation and runner, without an agent.
 *
 * Only its types stand here; what they describe is the agent's own code, bundled into `dist/testing.js`.
 *
 * @module
 */

export interface TestPluginOptions {
  /** As it would stand under `plugins.NAME.config`; checked, and defaults filled in. Default: `{}`. */
  readonly config?: object
  /** Where relative paths of the config begin. Default: the current directory. */
  readonly configDir?: string
  /** Default: `test`. */
  readonly site?: string
  /** As the agent's `agent.dataDir`: the plugin's data folder is made below it. Default: a new one, removed by {@link PluginTest.close}. */
  readonly dataDir?: string
  /** As it would stand under `plugins.NAME.permissions`. Default: what the plugin asks for. */
  readonly grants?: Permissions
  /** How much of each stream a result keeps, in bytes. Default: 1 MiB (1,048,576). */
  readonly maxOutputBytes?: number
}

export interface TestRunOptions {
  /** Default: the type's own, else 60. May be a fraction. */
  readonly timeoutSeconds?: number
  /** Aborting it cancels the command. */
  readonly signal?: AbortSignal
  /** Default: false. True for a type without elevation is refused, as by the agent. */
  readonly elevated?: boolean
  /** Default: nobody is named. */
  readonly requester?: { readonly user: string | null; readonly role: string | null }
  /** Answers what the plugin asks a person. Default: nobody does, which is a no. */
  readonly approve?: (question: Omit<ApprovalRequest, 'signal'>) => Promise<{ approved: boolean; by: string }>
}

/** One piece of news, in order. */
export type TestProgress =
  | { readonly stream: 'stdout' | 'stderr'; readonly offset: number; readonly data: string }
  | { readonly stream: 'event'; readonly data: object }

/** What the server would get. */
export interface TestResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  /** Absent where the command ran to its own end. */
  readonly failure?: {
    readonly code: string
    readonly message: string
    readonly retryAfterSeconds?: number
    readonly rule?: string
    /** What else went wrong as the command was stopped, e.g. `HANDLER_STUCK`. */
    readonly cause?: string
  }
  readonly data?: unknown
  readonly usage?: Readonly<Record<string, number>>
  readonly progress: readonly TestProgress[]
}

/** A line of the log that is about the plugin: its own, or the agent's where it failed. */
export interface TestLogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly fields: object
  readonly message?: string
}

/** What a command's `explain` told. */
export interface TestExplanation {
  /** Null where the type has no `explain`. */
  readonly verdicts: readonly Verdict[] | null
  /** Why the command would be refused: what `explain` threw, or the input that does not fit. */
  readonly failure?: TestResult['failure'] & {}
}

/** A plugin that is set up. */
export interface PluginTest {
  /** The plugin's data folder. */
  readonly dataDir: string
  /** What was logged of it until now, secrets masked. */
  readonly log: readonly TestLogLine[]
  /** Runs one command. Resolves whatever the plugin does, once nothing of the command is left running. */
  run(type: string, input: unknown, options?: TestRunOptions): Promise<TestResult>
  /** What the plugin's own policy says of a command, as `gururmm-agent policy explain` would show it. Runs nothing. */
  explain(
    type: string,
    input: unknown,
    options?: Pick<TestRunOptions, 'elevated' | 'requester'>,
  ): Promise<TestExplanation>
  /** What `gururmm-agent doctor` would show. */
  check(): Promise<readonly Check[]>
  /**
   * Changes the config as an operator would.
   *
   * @throws Error with `code` `PLUGIN_CONFIG_INVALID` or `PLUGIN_SETUP_FAILED`; the config before then stays in force.
   */
  reconfigure(config: object): Promise<void>
  /** Waits for running commands, tears the plugin down, removes what the kit made. May be called again. */
  close(): Promise<void>
}

/**
 * Loads a plugin with the agent's own load checks and sets it up.
 *
 * @throws Error with the `code` the agent would show, e.g. `PLUGIN_CONFIG_INVALID`, `PLUGIN_PERMISSION_MISSING`, `PLUGIN_SETUP_FAILED`.
 */
export declare function testPlugin(plugin: Plugin, options?: TestPluginOptions): Promise<PluginTest>
