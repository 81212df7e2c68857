import type { FromSchema, JSONSchema } from 'json-schema-to-ts'
import { assertPlugin } from './assert-plugin.ts'

/**
 * The contract between the agent and a plugin, whole in this file.
 *
 * A plugin brings one or more command types. The agent loads it once, calls {@link Plugin.setup}, then a command's handler for
 * each command of its types, several at once where its limits allow, and {@link Plugin.teardown} when it is switched off or the
 * agent stops. A plugin touches only its context and keeps no state at module level: the same code may be set up again after a
 * config change, in this process or in one of its own.
 */

/** A JSON Schema (draft-07) of an object. */
export type ObjectSchema = { readonly type: 'object'; readonly [keyword: string]: unknown }

/** The TypeScript type of the values that a JSON Schema written `as const` accepts. */
export type Infer<S> = S extends JSONSchema ? FromSchema<S> : never

/** What happens to a command that was running when the agent died: `interrupt` (default) reports it, `rerun` runs it again. */
export type AfterCrash = 'interrupt' | 'rerun'

/** Enforced by the agent before the handler runs. Commands over a limit are refused at once; refusals never count. */
export interface Limits {
  /** How many may run at once. Default: the agent's `limits.maxConcurrentCommands`. */
  readonly concurrent?: number
  /** How many may wait for a place. Default: the agent's `limits.maxQueuedCommands`; 0 refuses what cannot start at once. */
  readonly queued?: number
  /** At most `count` starts in any `windowSeconds` seconds (rolling). Default: none. */
  readonly rate?: { readonly count: number; readonly windowSeconds: number }
}

/** What a plugin asks for; the operator's config grants it. `'operator'`: only the config names the values. */
export interface Permissions {
  /** Absolute paths it may read, with all below them. */
  readonly read?: readonly string[] | 'operator'
  /** Absolute paths it may write, with all below them. */
  readonly write?: readonly string[] | 'operator'
  /** Programs it may start with {@link CommandContext.run}, by name or absolute path. */
  readonly programs?: readonly string[] | 'operator'
  /** Whether it may open network connections. Default: false. */
  readonly network?: boolean
  /** Environment variables of the agent that it may see. */
  readonly environment?: readonly string[]
}

/** Structured log lines; secrets are masked before anything is written. */
export interface Logger {
  debug(fields: object, message?: string): void
  info(fields: object, message?: string): void
  warn(fields: object, message?: string): void
  error(fields: object, message?: string): void
}

/** How a command ended well. */
export interface Outcome<D = unknown> {
  /** A signed 32-bit integer. Default: 0. */
  readonly exitCode?: number
  /** Default: what `run()` captured; where nothing ran, `data` as JSON. */
  readonly stdout?: string
  /** Default: what `run()` captured. */
  readonly stderr?: string
  /** Structured result; checked against the command's `result` schema where it has one. */
  readonly data?: D
  /** Numbers worth adding up, e.g. `{ costUsd: 0.02 }`. */
  readonly usage?: Record<string, number>
}

/** What a plugin is given for as long as it is set up. */
export interface PluginContext<C> {
  /** The plugin's config, validated, defaults filled in, frozen. Values of `format: "path"` are absolute. */
  readonly config: Readonly<C>
  /** The site this agent is installed at. */
  readonly site: string
  /** A folder of the plugin's own, which survives restarts. Exists. */
  readonly dataDir: string
  readonly logger: Logger
  /** Aborted when the plugin is to stop: on teardown, or for a command on deadline, cancel and shutdown. */
  readonly signal: AbortSignal
  /**
   * The content of an owner-only file that the config names, without its last line end.
   *
   * @param configKey where the file is named, e.g. `apiKeyFile` or `smtp.passwordFile`; the schema gives it `format: "secret-file"`.
   * @throws CommandError `SECRET_UNAVAILABLE` where the key names no file, or the file cannot be read or others can read it.
   */
  secret(configKey: string): Promise<string>
}

/** What a handler is given for one command. */
export interface CommandContext<C = unknown> extends PluginContext<C> {
  readonly command: {
    readonly id: string
    readonly type: string
    /** The deadline the agent enforces, in seconds after the start. */
    readonly timeoutSeconds: number
    /** True only where the type declares `elevation` and the command asked for it. */
    readonly elevated: boolean
    readonly origin: 'server' | 'local'
  }
  /** On whose behalf, as the server said. */
  readonly requester: { readonly user: string | null; readonly role: string | null }
  /** News for whoever watches the command. Never throws or waits; may be dropped under load. */
  progress(event: object): void
  /**
   * Asks a person whether something may be done, and waits: an operator at the server (capability `approvals`), for a local run who called
   * it. Nobody to ask, no answer in time, a lost connection: a no. Never rejects.
   */
  approve(request: ApprovalRequest): Promise<Approval>
  /**
   * Opens an existing directory that lies inside one of `within` after every link is resolved. Pinned by descriptor on Linux, so
   * that a folder swapped after the check cannot be entered.
   *
   * @throws CommandError `DIRECTORY_MISSING`, `DIRECTORY_OUTSIDE`, `PATH_INVALID`; all refused.
   */
  openDirectory(path: string, within: readonly string[]): Promise<Directory>
  /**
   * Starts a program without a shell between. It ends with the command at the latest: deadline, cancel and shutdown end its whole tree.
   *
   * @throws CommandError (from `ended` and the other promises) `SPAWN_FAILED` where the program could not start, `PROGRAM_NOT_ALLOWED`
   *   where the plugin has no permission for it.
   */
  run(program: string, args: readonly string[], options?: RunOptions): Run
}

/** What a command's `explain` is given: the context of its handler, without what would do something. */
export type ExplainContext<C = unknown> = Omit<CommandContext<C>, 'run' | 'progress' | 'approve'>

/** What one rule of the plugin's own policy says of a command. */
export interface Verdict {
  readonly allowed: boolean
  /** One plain sentence: what the rule looked at, and what it found. */
  readonly message: string
  /** The key of the config that decides, e.g. `plugins.acme.config.allow`. */
  readonly rule?: string
}

/** What {@link CommandContext.approve} asks a person. */
export interface ApprovalRequest {
  /** What is to be used, e.g. a tool's name. */
  readonly tool: string
  /** On what, e.g. a file or a command line; null: nothing that can be named. */
  readonly target: string | null
  /** The policy's rule that wants a person to be asked. */
  readonly rule: string
  /** How long to wait for an answer. */
  readonly seconds: number
  /** Gives the question up. */
  readonly signal?: AbortSignal
}

/** What a person said. */
export interface Approval {
  /** False, too, where nobody answered. */
  readonly approved: boolean
  /** Who; null: nobody answered. */
  readonly by: string | null
  /** Why nobody did, as a sentence; null: somebody did. */
  readonly reason: string | null
}

/** A directory held open. */
export interface Directory {
  /** Canonical absolute path at the time it was opened. */
  readonly path: string
  close(): Promise<void>
}

export interface RunOptions {
  /** Default: the plugin's data folder. */
  readonly cwd?: string | Directory
  /** Added to the runner's small base environment (PATH, LANG and what the platform needs); the agent's own is never inherited. */
  readonly env?: Record<string, string>
  /** Keep the agent's own (root or Administrator) rights instead of the run-as user. Default: false. */
  readonly elevated?: boolean
  /** A longer line from `lines()` is cut here. Default: 1 MiB (1,048,576). */
  readonly maxLineBytes?: number
  /** Ends the run when neither stream brought a byte for so long. Default: none. */
  readonly idleTimeoutSeconds?: number
  /** Between the polite signal and the kill. Default: 5. */
  readonly graceSeconds?: number
  /** How the program writes text: `system` is the console code page on Windows and UTF-8 elsewhere. Default: `utf-8`. */
  readonly encoding?: 'utf-8' | 'system'
  /** `command` (default): output goes to the command's result and progress. `plugin`: only to `lines()`. */
  readonly output?: 'command' | 'plugin'
}

/** A program that was started. */
export interface Run {
  /** Writes to its standard input; resolves when more may be written. Rejects once the program ended. */
  write(data: string | Uint8Array): Promise<void>
  /** Closes its standard input, after `data` where given. */
  end(data?: string): void
  /** Ends the whole tree: polite signal, grace, kill. May be called again. */
  stop(): void
  /** Its output line by line, without line ends; a slow reader slows the program. Once for each stream, before the first await. */
  lines(stream: 'stdout' | 'stderr'): AsyncIterable<string>
  /** Settles when nothing of its tree is left. */
  readonly ended: Promise<RunEnd>
}

/** How a program ended. Any exit code is a value, not an error. */
export interface RunEnd {
  readonly exitCode: number | null
  readonly signal: string | null
  /** Head and tail of the output (see the agent's `limits.maxOutputBytes`); empty with `output: "plugin"`. */
  readonly stdout: string
  readonly stderr: string
  readonly durationMs: number
  /** `exit`: by itself; `timeout`: the command's deadline; `idle`: idleTimeoutSeconds; `abort`: cancel or shutdown; `stop`: `stop()`. */
  readonly endedBy: 'exit' | 'timeout' | 'idle' | 'abort' | 'stop'
}

/** One line of a plugin's self-test, shown by `gururmm-agent doctor`. */
export interface Check {
  readonly name: string
  readonly ok: boolean
  /** What was found and, where not ok, what to do. */
  readonly message: string
}

/** A command type as the agent sees it, its types erased. */
export interface PluginCommand {
  readonly description: string
  readonly schemas: { readonly input: ObjectSchema; readonly result?: ObjectSchema }
  readonly timeoutSeconds?: number
  readonly limits?: Limits
  readonly elevation?: boolean
  readonly afterCrash?: AfterCrash
  // biome-ignore lint/suspicious/noConfusingVoidType: a handler that only runs a program ends without a value
  handler(input: never, ctx: CommandContext<never>): Promise<Outcome | void>
  explain?(input: never, ctx: ExplainContext<never>): Promise<readonly Verdict[]>
}

/** What {@link definePlugin} returns and a plugin's entry module exports as default. */
export interface Plugin {
  readonly name: string
  readonly configSchema?: ObjectSchema
  readonly permissions?: Permissions
  readonly commands: Readonly<Record<string, PluginCommand>>
  setup?(ctx: PluginContext<never>): Promise<void>
  check?(ctx: PluginContext<never>): Promise<readonly Check[]>
  teardown?(): Promise<void>
}

/**
 * Declares a plugin; a plugin's entry module exports the result as its default. The types of `input`, `data` and `config` are
 * inferred from the schemas, so write them inline (or `as const`).
 *
 * - `handler(input, ctx)`: called once for each command, with input that its schema accepted (a copy, defaults filled in). Ends with an
 *   {@link Outcome}; nothing: exit code 0; a `CommandError`: its code; any other throw: exit code 1, `HANDLER_FAILED`.
 * - `explain(input, ctx)`: what the plugin's own policy says of a command that is not to run, for `gururmm-agent policy explain`; at any
 *   time after setup. A verdict for each rule that it looks at; a `CommandError` is a refusal, so it can call what the handler calls.
 *   Must change nothing. Absent: the plugin is taken to allow what its schema accepts.
 * - `setup(ctx)`: called before the first command, at most 10 s; again after a restart or config change. No network here. After a
 *   config change, commands that run keep the context they began with; its signal aborts once the last of them ended.
 * - `check(ctx)`: called by `gururmm-agent doctor`, at any time after setup.
 * - `teardown()`: called once after the last command ended; safe without, and after a failed, setup.
 *
 * @throws TypeError where something is not of this shape, naming it: types do not reach authors of plain JavaScript.
 */
export function definePlugin<
  const C extends ObjectSchema,
  const S extends Record<string, { readonly input: ObjectSchema; readonly result?: ObjectSchema }>,
>(plugin: {
  readonly name: string
  readonly configSchema?: C
  readonly permissions?: Permissions
  readonly commands: {
    readonly [T in keyof S]: {
      readonly description: string
      readonly schemas: S[T]
      readonly timeoutSeconds?: number
      readonly limits?: Limits
      readonly elevation?: boolean
      readonly afterCrash?: AfterCrash
      handler(
        input: Infer<S[T]['input']>,
        ctx: CommandContext<Infer<C>>,
        // biome-ignore lint/suspicious/noConfusingVoidType: a handler that only runs a program ends without a value
      ): Promise<Outcome<S[T] extends { readonly result: infer R } ? Infer<R> : unknown> | void>
      explain?(input: Infer<S[T]['input']>, ctx: ExplainContext<Infer<C>>): Promise<readonly Verdict[]>
    }
  }
  setup?(ctx: PluginContext<Infer<C>>): Promise<void>
  check?(ctx: PluginContext<Infer<C>>): Promise<readonly Check[]>
  teardown?(): Promise<void>
}): Plugin {
  assertPlugin(plugin)
  return plugin
}
