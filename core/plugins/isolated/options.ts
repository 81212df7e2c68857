import type { Manifest } from '@gururmm/plugin-sdk'
import type { CommandParts } from '../run-command.ts'
import type { BreakerOptions } from './breaker.ts'
import type { PluginProcess } from './plugin-process.ts'
import type { Account } from './start.ts'

/** How this agent isolates plugins; one for all of them. */
export interface IsolationOptions {
  /** What a plugin's process runs: `dist/plugin-process.js`, before the build `core/plugins/isolated/main.ts`. */
  readonly entry: string
  /** Folders with the agent's own code, which that process imports. */
  readonly agentFolders: readonly string[]
  /** Whom plugins' processes run as where the agent is root; null: there is no such account, and none is started. Default: null. */
  readonly account?: (Account & { readonly name: string }) | null
  /** The Node.js of plugins' processes. Default: this one. */
  readonly node?: { readonly path: string; readonly version: string }
  /** Where the agent looks for `bwrap`, and at what is granted of `permissions.environment`. Default: `process.env`. */
  readonly environment?: Readonly<NodeJS.ProcessEnv>
  readonly times?: Partial<IsolationTimes>
  readonly breaker?: BreakerOptions
  /** Told of each process as it is started; for the kit that tests plugins. */
  readonly onProcess?: (process: PluginProcess) => void
}

/** In milliseconds. */
export interface IsolationTimes {
  /** To load the plugin's code. */
  readonly load: number
  /** To check one input. */
  readonly validate: number
  /** Between two looks at a process. */
  readonly tick: number
  /** How long a process may leave a look unanswered. */
  readonly unresponsive: number
}

export const DEFAULT_TIMES: IsolationTimes = { load: 30_000, validate: 5000, tick: 1000, unresponsive: 15_000 }

/** What one isolated plugin is hosted with. */
export interface IsolatedParts extends CommandParts {
  readonly manifest: Manifest
  readonly folder: string
  readonly configDir: string
  readonly sdkUrl: string | null
  readonly hookTimeoutSeconds: number
  readonly isolation: IsolationOptions
  /** Marks its processes as this agent's. */
  readonly marker: Readonly<Record<string, string>>
}
