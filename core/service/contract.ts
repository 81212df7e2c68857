/** What a service manager needs to know of the agent it is to keep running. All paths are absolute. */
export interface ServiceRequest {
  /** The program that runs the agent, and the script it runs. */
  readonly command: readonly [string, string]
  /** `start` with its options. */
  readonly args: readonly string[]
  readonly dataDir: string
  /** `log.file`; null: standard error, which the service manager keeps. */
  readonly logFile: string | null
  /** Files that only the agent's account may read, as far as they are there. */
  readonly secretFiles: readonly string[]
  /** The account to run as; null: the platform's default. */
  readonly user: string | null
  /** Folders that commands may write in beside the data folder, where the service manager closes the rest. */
  readonly writable: readonly string[]
  /** Whether to start it at once too. */
  readonly start: boolean
}

/** One thing that is done to the machine. */
export type Step =
  /** Makes a folder with those above it; one that is there stays as it is. */
  | { readonly kind: 'folder'; readonly path: string }
  /** Puts a file in place of whatever has its name. `mode` counts where the system has modes. */
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly content: string }
  | { readonly kind: 'copy'; readonly from: string; readonly path: string }
  /** Removes a file or a folder with all in it; nothing there is as well. */
  | { readonly kind: 'remove'; readonly path: string }
  /** Runs a program without a shell. `mayFail`: its failure means that there was nothing to do. */
  | { readonly kind: 'call'; readonly program: string; readonly args: readonly string[]; readonly mayFail?: true }

/** How the service stands. */
export interface ServiceStatus {
  readonly manager: string
  readonly installed: boolean
  /** Started with the machine. */
  readonly enabled: boolean
  readonly running: boolean
  /** null: not running, or the service manager does not tell. */
  readonly pid: number | null
  /** What the service manager itself says, in its words. */
  readonly detail: string
}

/** What is to go with the service. */
export interface Removal {
  /** The data folder, to be removed as well; null: it stays. */
  readonly dataDir: string | null
}

/** How a program ended that was asked something. */
export interface Answer {
  readonly code: number
  readonly stdout: string
}

/** One service manager. Plans only: whoever carries them out is {@link perform}. */
export interface ServiceManager {
  /** `systemd`, `launchd`, `windows`. */
  readonly name: string
  /** The account the agent runs as when none is named; null: that cannot be chosen. */
  readonly defaultUser: string | null
  /** Where its log is read. */
  readonly logHint: string
  /** Throws CommandError `SERVICE_UNSUPPORTED` where what is asked for is nothing it has. */
  install(request: ServiceRequest): readonly Step[]
  uninstall(removal: Removal): readonly Step[]
  status(ask: (program: string, args: readonly string[]) => Promise<Answer>): Promise<ServiceStatus>
}

/** The service's name, for every service manager. */
export const SERVICE_NAME = 'gururmm-agent'

/**
 * How long a service manager waits for a stop, in seconds, before it kills: the agent's own grace for running commands (30), the
 * deadlines after it (5 to end them, 5 to send results), and as much again for a slow machine.
 */
export const STOP_SECONDS = 80

/** Exit codes that a new start can't mend: the command line (64) or the config (78) has to be changed first. */
export const FINAL_EXIT_CODES: readonly number[] = [64, 78]
