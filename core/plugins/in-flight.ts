import type { HostedPlugin } from './hosted-plugin.ts'

/** The commands that run, by the code that runs them: a plugin's code may be replaced while its old one still has some. */
export class InFlight {
  readonly #counts = new Map<HostedPlugin, number>()
  #onChange: (() => void)[] = []

  /** Counts a command in until it has ended. */
  async during<T>(hosted: HostedPlugin, task: () => Promise<T>): Promise<T> {
    this.#add(hosted, 1)
    try {
      return await task()
    } finally {
      this.#add(hosted, -1)
    }
  }

  of(hosted: HostedPlugin): number {
    return this.#counts.get(hosted) ?? 0
  }

  /** Resolves when none of this code runs any more. */
  async quiet(hosted: HostedPlugin): Promise<void> {
    while (this.of(hosted) > 0) await this.changed()
  }

  /** Resolves when the last command of some code has ended, or {@link InFlight.wake} was called. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#onChange.push(resolve))
  }

  /** Lets those look again who wait. */
  wake(): void {
    for (const resolve of this.#onChange.splice(0)) resolve()
  }

  #add(hosted: HostedPlugin, count: number): void {
    const left = this.of(hosted) + count
    if (left > 0) this.#counts.set(hosted, left)
    else {
      this.#counts.delete(hosted)
      this.wake()
    }
  }
}
