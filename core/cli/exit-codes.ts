/** How the command line ends; `run` ends with the command's own code instead. */
export const EXIT = {
  ok: 0,
  /** A check failed, or something unforeseen did. */
  failed: 1,
  usage: 64,
  /** The agent or the server cannot be reached. */
  unreachable: 69,
  /** Another agent uses the data folder. */
  locked: 75,
  config: 78,
} as const

const BY_CODE: Readonly<Record<string, number>> = {
  USAGE: EXIT.usage,
  PLUGIN_NOT_FOUND: EXIT.usage,
  AGENT_UNREACHABLE: EXIT.unreachable,
  AGENT_LOCKED: EXIT.locked,
  CONFIG_UNREADABLE: EXIT.config,
  CONFIG_INVALID: EXIT.config,
  CONFIG_UNPROTECTED: EXIT.config,
  SECRET_UNAVAILABLE: EXIT.config,
  DATA_DIR_UNUSABLE: EXIT.config,
  LOG_UNWRITABLE: EXIT.config,
}

/** The exit code for an error, by its `code`. */
export function exitCodeOf(error: unknown): number {
  return BY_CODE[(error as { code?: string } | null)?.code ?? ''] ?? EXIT.failed
}

/**
 * The process's exit code for a command's: -1 and other negatives show as 255, as in a shell. Systems other than Windows keep only eight
 * bits; a failure must not turn into a 0 by that.
 */
export function processExitCode(exitCode: number): number {
  if (exitCode < 0) return 255
  if (process.platform === 'win32' || exitCode <= 255) return exitCode
  return exitCode % 256 || EXIT.failed
}
