import type { Directory, Logger, Run, RunOptions } from '@gururmm/plugin-sdk'
import type { Truncation } from '../dispatch/contract.ts'
import type { Redactor } from '../redaction/index.ts'

/** How a run's processes are kept together, so that all of them can be ended. */
export type ContainmentKind = 'cgroup' | 'pid_namespace' | 'process_group' | 'job_object' | 'taskkill'

/** What is in force on this machine, for `doctor` and the log. */
export interface ContainmentReport {
  readonly kind: ContainmentKind
  /** One sentence: what it is, and what may survive it. */
  readonly explanation: string
}

/** The account programs run as where the agent itself is root. */
export interface RunAs {
  readonly uid: number
  readonly gid: number
  /** Default: `/`. */
  readonly home?: string
  /** The account's name, for `USER` and `LOGNAME`. */
  readonly user?: string
}

export interface RunnerOptions {
  readonly logger: Logger
  /** Masks secrets in all output, before anything else sees it. */
  readonly redactor: Redactor
  /** Default: `auto`, the strongest this machine allows: cgroup, else PID namespace, else process group; found out when first needed. */
  readonly containment?: 'auto' | Exclude<ContainmentKind, 'job_object' | 'taskkill'>
  /** The account for every program that is not run `elevated`; needs an agent that is root. Default null: the agent's own. */
  readonly runAs?: RunAs | null
  /** Replaces the base environment of every program. Default: {@link baseEnvironment}. */
  readonly environment?: Readonly<Record<string, string>>
  /** How many programs wait, started ahead of need, for what they are to become; Linux only. Default: 0. */
  readonly launchers?: number
}

/** Programs started ahead of need. */
export interface Launchers {
  readonly waiting: number
  /** How many programs were started by one. */
  readonly served: number
  /** Resolves once as many wait as are to. */
  settled(): Promise<void>
}

/** Starts programs and ends them with everything they started. One for the whole agent. */
export interface Runner {
  readonly containment: ContainmentReport
  /** For a person: how programs are started here. */
  readonly starts: string
  readonly launchers: Launchers
  /** What one command may use to run programs. */
  forCommand(options: CommandRunnerOptions): CommandRunner
  /**
   * Ends what earlier agents on this machine left running, whatever their data folders: processes whose agent (pid and start time)
   * is gone for certain. Call it before the first command.
   *
   * @returns how many processes were ended.
   */
  sweepLeftovers(): Promise<number>
  /** Ends every run and gives back what the runner holds; nothing can be started afterwards. May be called again. */
  close(): Promise<void>
}

/** A piece of output: decoded, redacted. */
export interface OutputItem {
  readonly stream: 'stdout' | 'stderr'
  /** Where it begins in the command's stream, in bytes of UTF-8. */
  readonly offset: number
  readonly data: string
}

export interface CommandRunnerOptions {
  readonly commandId: string
  /** Deadline, cancel and shutdown; its reason is a `StopReason`. */
  readonly signal: AbortSignal
  /** How much of each stream is kept, in bytes of UTF-8. */
  readonly maxOutputBytes: number
  /** Where programs run that name no directory. */
  readonly defaultCwd: string
  /** Whether the plugin may start this program, as it named it. */
  readonly allowProgram: (program: string) => boolean
  /** Added to the base environment, below what the run itself asks for. */
  readonly environment?: Readonly<Record<string, string>>
  /** Sees all output of runs with `output: "command"`, in order. While a promise it returned is pending, the program waits. */
  readonly onOutput?: (item: OutputItem) => void | Promise<void>
}

/** What all runs of a command wrote. */
export interface CommandOutput {
  readonly stdout: string
  readonly stderr: string
  /** The streams of which something was left out. */
  readonly truncation?: { readonly stdout?: Truncation; readonly stderr?: Truncation }
}

/** The runs and open directories of one command. */
export interface CommandRunner {
  run(program: string, args: readonly string[], options?: RunOptions): Run
  openDirectory(path: string, within: readonly string[]): Promise<Directory>
  /** What was written until now. */
  output(): CommandOutput
  /** Resolves when every tree of the command is ended and every directory closed; nothing can be started afterwards. */
  end(): Promise<void>
}
