import type { Check, ErrorCode } from '@gururmm/plugin-sdk'
import type { AgentStatus } from '../agent/agent.ts'
import type { Asker } from '../approvals/index.ts'
import type { ProgressItem } from '../dispatch/contract.ts'
import type { PluginStatus } from '../plugins/contract.ts'
import type { Explanation } from '../policy/index.ts'
import type { CommandPayload, CommandResultPayload } from '../protocol/messages.ts'
import type { HistoryReader } from '../query/index.ts'

/** The self-tests of one part of the agent: `runner`, or a plugin by its name. */
export interface CheckGroup {
  readonly name: string
  readonly checks: readonly Check[]
}

/** {@link AgentStatus} with what only the command line's side knows. */
export interface LocalStatus extends AgentStatus {
  readonly config: AgentStatus['config'] & {
    /** Why the config file as it is now is not (wholly) in force; null: it is. */
    readonly problem: string | null
  }
}

export interface RunOptions {
  /** Told what the command prints and says, as it comes. Pieces may be left out; `offset` shows where. */
  readonly onProgress?: (item: ProgressItem) => void
  /** Cancels the command; its result then says so. */
  readonly signal?: AbortSignal
  /** Asks who called, where the command wants an approval. Absent: nobody can be asked, which is a no. */
  readonly asker?: Asker
}

export interface PluginChange {
  readonly enabled: boolean
  /** Only at this site; absent: wherever the config is used. */
  readonly site?: string | undefined
}

/** What can be asked of an agent on its own machine, be it this process or another one at the end of the local socket. */
export interface AgentControl {
  /** Runs a command the remote way: validation, policy, limits, journal. Any end of the command is a value. */
  run(command: CommandPayload, options?: RunOptions): Promise<CommandResultPayload>
  /** What would become of a command, and by which rules. Runs nothing. */
  explain(command: CommandPayload): Promise<Explanation>
  status(): Promise<LocalStatus>
  plugins(): Promise<readonly PluginStatus[]>
  /**
   * Switches a plugin in the config file and, where that changes something here, at once.
   *
   * @returns the plugin as it stands then.
   */
  setPlugin(name: string, change: PluginChange): Promise<PluginStatus>
  /** Takes the code of a plugin that is not shipped from the disk anew; see PluginHost.reload. */
  reloadPlugin(name: string): Promise<PluginStatus>
  /** What only the agent can tell of itself: how it contains programs, and each plugin's own checks. */
  doctor(): Promise<readonly CheckGroup[]>
  /** What is known of its commands. */
  readonly history: HistoryReader
}

/** An error that says to people what to do and to the CLI how to end; recognised by `code`. */
export interface LocalError extends Error {
  readonly code: ErrorCode | (string & {})
}

export function localError(code: LocalError['code'], message: string, cause?: unknown): LocalError {
  return Object.assign(new Error(message, cause === undefined ? undefined : { cause }), { code })
}
