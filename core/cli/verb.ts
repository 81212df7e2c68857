/** A verb as it was called; commander's Command is one. */
export interface Call {
  name(): string
  readonly args: readonly string[]
  opts<T extends object>(): T
  /** With the options that stood before the verb. */
  optsWithGlobals<T extends object>(): T
}

/** What a verb's module brings. */
export interface Verb {
  /** Does the work and answers the exit code. */
  act(call: Call): Promise<number>
}

/** Options of every verb. */
export interface GlobalOptions {
  readonly config?: string
  readonly set?: Readonly<Record<string, string>>
}

/** How long running commands may take to end when the agent is told to stop, unless `--grace` says otherwise. */
export const GRACE_SECONDS = 30
