import type { CommandRequest, ProgressItem, StopReason } from './contract.ts'

/** Cancels of ids not seen yet are remembered for a command that was overtaken by its cancel; the oldest go first. */
const EARLY_CANCELS = 1024

/** One command on its way. */
export interface Active {
  readonly request: CommandRequest
  readonly stop: AbortController
  /** Whether its arrival was recorded, so that its end must be. */
  accepted: boolean
  running: boolean
  /** Its handler refused it; see {@link RunResult.refused}. */
  refused?: boolean
  readonly onProgress?: (item: ProgressItem) => void
}

/** Ends a command wherever it is; the first reason stands. */
export function stopFor(command: Active, reason: StopReason): void {
  command.stop.abort(reason)
}

/** The commands on their way, by id. */
export class ActiveCommands {
  readonly #commands = new Map<string, Active>()
  readonly #earlyCancels = new Set<string>()
  readonly #idle: (() => void)[] = []

  get running(): number {
    return this.#count((command) => command.running)
  }

  get queued(): number {
    return this.#count((command) => command.accepted && !command.running)
  }

  /** Those that are neither recorded nor refused yet. */
  get arriving(): number {
    return this.#count((command) => !command.accepted)
  }

  get(id: string): Active | undefined {
    return this.#commands.get(id)
  }

  [Symbol.iterator](): Iterator<Active> {
    return this.#commands.values()
  }

  /** Takes the id before anything is awaited, so that a second frame of the same turn finds it. */
  begin(request: CommandRequest, onProgress?: (item: ProgressItem) => void): Active {
    const stop = new AbortController()
    const command = { request, stop, accepted: false, running: false, ...(onProgress && { onProgress }) }
    this.#commands.set(request.id, command)
    if (this.#earlyCancels.delete(request.id)) stopFor(command, 'cancel')
    return command
  }

  end(command: Active): void {
    this.#commands.delete(command.request.id)
    if (this.#commands.size === 0) for (const resolve of this.#idle.splice(0)) resolve()
  }

  /** A cancel whose command is still to come. */
  cancelEarly(id: string): void {
    const [oldest] = this.#earlyCancels
    if (oldest !== undefined && this.#earlyCancels.size >= EARLY_CANCELS) this.#earlyCancels.delete(oldest)
    this.#earlyCancels.add(id)
  }

  /** The cancel was for one that has ended. */
  forgetEarly(id: string): void {
    this.#earlyCancels.delete(id)
  }

  /** Resolves when none is left. */
  allEnded(): Promise<void> {
    return this.#commands.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve))
  }

  #count(which: (command: Active) => boolean): number {
    let count = 0
    for (const command of this.#commands.values()) if (which(command)) count++
    return count
  }
}
