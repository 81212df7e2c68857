import type { Readable, Writable } from 'node:stream'

/** A program to start; everything about it is decided. */
export interface Launch {
  readonly program: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** Undefined: the agent's own account. */
  readonly account: { readonly uid: number; readonly gid: number } | undefined
  /** Windows: `args` are pieces of a command line and must not be quoted again. */
  readonly verbatim?: boolean
  /** It starts nothing before it is told to: a shell of ours that gets two pipes more, the last two of `child.stdio`. */
  readonly waits?: boolean
}

/** A started program, as Node's `ChildProcess` is one. */
export interface Child {
  /** Undefined: no process could be made; an `error` event follows. */
  readonly pid?: number | undefined
  /** Where there is {@link Child.closeInput}, it is opened when it is first asked for. */
  readonly stdin: Writable | null
  readonly stdout: Readable | null
  readonly stderr: Readable | null
  readonly stdio: readonly (Writable | Readable | null | undefined)[]
  /** Null while it runs, and where a signal ended it. */
  readonly exitCode: number | null
  readonly signalCode: NodeJS.Signals | null
  on(event: 'error', listener: (error: Error) => void): unknown
  once(event: 'exit', listener: (exitCode: number | null, signal: NodeJS.Signals | null) => void): unknown
  once(event: 'error', listener: (error: Error) => void): unknown
  kill(signal?: NodeJS.Signals): boolean
  /** Ends its input, which nothing is written to. */
  closeInput?(): void
  /** Lets it keep this process alive, as it does from its start. */
  ref(): void
  unref(): void
}
