import type { Outcome } from './plugin.ts'

/** What may be said about a {@link CommandError} beside its code and message. */
export interface CommandErrorOptions {
  /** True: the command was refused before anything ran (exit code -1). False, the default: it ran and failed (exit code 1). */
  readonly refused?: boolean
  /** Seconds after which the same command may succeed. */
  readonly retryAfterSeconds?: number
  /** The policy rule that refused it, as the operator would find it in the config, e.g. `plugins.shell.config.allow`. */
  readonly rule?: string
  /** What there is to show all the same: it goes into the result beside the error, as an outcome that is returned would. */
  readonly outcome?: Pick<Outcome, 'stdout' | 'data' | 'usage'>
  /** The error beneath; logged by the host, never sent to the server. */
  readonly cause?: unknown
}

/**
 * Thrown by a handler to end its command with a code that machines understand and one plain sentence for people.
 *
 * The host recognises it by {@link CommandError.name} and `code`, never by `instanceof`: a plugin may bring its own copy of
 * the SDK, and an error that crossed a process boundary has lost its class.
 */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly code: string
  readonly refused: boolean
  readonly retryAfterSeconds: number | undefined
  readonly rule: string | undefined
  readonly outcome: Pick<Outcome, 'stdout' | 'data' | 'usage'> | undefined

  /**
   * @param code SCREAMING_SNAKE; a plugin's own codes begin with its name, e.g. `ACME_DISK_MISSING`.
   * @param message One plain sentence: what was expected, what was found, what to do. It becomes the result's `stderr`.
   */
  constructor(code: string, message: string, options: CommandErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.refused = options.refused ?? false
    this.retryAfterSeconds = options.retryAfterSeconds
    this.rule = options.rule
    this.outcome = options.outcome
  }
}

/** Whether `error` is a {@link CommandError}, from this copy of the SDK or any other. */
export function isCommandError(error: unknown): error is CommandError {
  if (typeof error !== 'object' || error === null) return false
  const { name, code, message } = error as Record<string, unknown>
  return name === 'CommandError' && typeof code === 'string' && typeof message === 'string'
}
