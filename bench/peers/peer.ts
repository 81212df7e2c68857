/** What a command came to. */
export interface Answer {
  /** Null where there was none, or the peer does not tell. */
  readonly exitCode: number | null
  /** The beginning of the output; see {@link KEPT_CHARACTERS}. */
  readonly stdout: string
  /** How much output the command wrote, as far as the peer tells: all of it, or what came over. */
  readonly bytes: number
}

/** So much of an answer's output is kept; trivial commands need no more, and the rest would be the bench's own memory. */
export const KEPT_CHARACTERS = 256

/** A started agent of any kind, connected. */
export interface Peer {
  /** Its long-lived processes; not the programs it runs. */
  pids(): readonly number[]
  /** Runs one line as `sh -c` would. Rejects where no answer came. */
  run(line: string): Promise<Answer>
  /** When heartbeats came, by performance.now(); absent where the peer has none. */
  heartbeats?(): readonly number[]
  /** From the start of its process until it announced itself, in ms; absent where it does not dial. */
  readonly connectedMs?: number
  stop(): Promise<void>
}

export interface StartOptions {
  readonly heartbeatSeconds: number
  /** Added to the peer's environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Whether it finds the data of the starts before that had this too, as an agent that is started again does. Default: false. */
  readonly again?: boolean
}

/** A kind of agent that can be measured. */
export interface PeerKind {
  /** Heads its column. */
  readonly name: string
  /** What it is, in one line; with the version, where it is not ours. */
  readonly explanation: string
  /** What is measured of it beside single commands. */
  readonly measured: readonly ('starts' | 'cachedStarts' | 'memory' | 'output' | 'burst')[]
  start(options: StartOptions): Promise<Peer>
}

/** A kind that is not there, and why: one plain sentence. */
export interface Missing {
  readonly name: string
  readonly missing: string
}
