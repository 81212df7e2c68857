import { statSync } from 'node:fs'
import type { Logger } from '@gururmm/plugin-sdk'
import type { Containment, Launch, Tree } from '../containment/index.ts'
import { isPlainEnvironment } from './instructions.ts'
import { createKnownPrograms } from './known-programs.ts'
import { type Launcher, startLauncher } from './launcher.ts'
import { isExact } from './trial.ts'

/** With more programs running than this, launchers are not worth their price: a burst is bound by starts, and each costs one. */
const MOST_RUNNING = 4
/** So long after the last start or end of a program launchers are seen to; only after a pause are they worth more than they cost. In ms. */
const LATER_MS = 20
/** So many that end unused, one after the other, are enough. */
const MOST_LOST = 3

type Base = Omit<Launch, 'program' | 'args'>

export interface LauncherPoolOptions {
  /** How many wait. */
  readonly size: number
  /** Of the programs that launchers can become. */
  readonly account: Launch['account']
  /** The environment of the next launcher; its marker is that of the run. */
  readonly nextEnvironment: () => Launch['env']
  readonly logger: Logger
}

/**
 * Programs started ahead of need. Entering a cgroup after a pause, or forking under a run-as account, takes longer than all the rest of a
 * short command; here it is done while nobody waits for it. A launcher is used once.
 *
 * Whether the shell of this machine is up to it is tried after the first program that it could have served; until then, wherever a
 * launcher would not give a program exactly what a direct start gives it, and where none waits, programs are started directly.
 */
export class LauncherPool {
  readonly #containment: Containment
  readonly #options: LauncherPoolOptions
  readonly #known = createKnownPrograms()
  readonly #waiting = new Set<Launcher>()
  /** Null: not tried yet. */
  #exact: Promise<boolean> | null = null
  #filling: Promise<void> | null = null
  #later: NodeJS.Timeout | undefined
  #running = 0
  #lost = 0
  #closed = false
  /** How many programs launchers became. */
  served = 0

  constructor(containment: Containment, options: LauncherPoolOptions) {
    this.#containment = containment
    this.#options = options
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Starts a program: a launcher becomes it where one can, else directly. Throws what `spawn` throws. */
  start(launch: Launch): Tree {
    if (this.#options.size === 0) return this.#containment.start(launch)
    const served = this.#serve(launch)
    const tree = served ?? this.#containment.start(launch)
    if (served === null && tree.child.pid !== undefined) this.#known.learn(launch.program)
    this.#running++
    this.#fillLater()
    return {
      ...tree,
      release: () => {
        this.#running--
        this.#fillLater()
        tree.release()
      },
    }
  }

  /** Resolves once all that are to wait do. */
  async settled(): Promise<void> {
    this.#fill()
    while (this.#filling !== null) await this.#filling
  }

  /** Ends those that wait. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#later)
    await this.#filling
    const ended = [...this.#waiting].map((launcher) => launcher.gone)
    for (const launcher of this.#waiting) launcher.dispose()
    this.#waiting.clear()
    await Promise.all(ended)
  }

  #serve(launch: Launch): Tree | null {
    const [launcher] = this.#waiting
    if (
      launcher === undefined ||
      !this.#isOurAccount(launch) ||
      !this.#known.has(launch.program) ||
      !isPlainDirectory(launch.cwd)
    )
      return null
    const tree = launcher.serve(launch)
    if (tree === null) return null
    this.#waiting.delete(launcher)
    this.#lost = 0
    this.served++
    return tree
  }

  #isOurAccount({ account }: Launch): boolean {
    const ours = this.#options.account
    return account?.uid === ours?.uid && account?.gid === ours?.gid
  }

  #fillLater(): void {
    if (this.#closed) return
    this.#later ??= setTimeout(() => this.#fill(), LATER_MS).unref()
    this.#later.refresh()
  }

  #fill(): void {
    if (this.#waiting.size >= this.#options.size || this.#running > MOST_RUNNING) return
    this.#filling ??= this.#fillNow().finally(() => {
      this.#filling = null
    })
  }

  /** One after the other, each off the way of what else there is to do. */
  async #fillNow(): Promise<void> {
    try {
      this.#exact ??= isExact(this.#containment, () => this.#nextBase())
      if (!(await this.#exact)) return
      while (!this.#closed && this.#waiting.size < this.#options.size && this.#lost < MOST_LOST) await this.#add()
    } catch (error) {
      this.#lost++
      this.#options.logger.debug({ err: error }, 'a launcher could not be started')
    }
  }

  #nextBase(): Base {
    return { cwd: '/', env: this.#options.nextEnvironment(), account: this.#options.account }
  }

  async #add(): Promise<void> {
    const base = this.#nextBase()
    if (!isPlainEnvironment(base.env)) {
      this.#lost = MOST_LOST
      return
    }
    const launcher = startLauncher(this.#containment, base)
    void launcher.gone.then(() => {
      if (!this.#waiting.delete(launcher)) return
      this.#lost++
      launcher.dispose()
    })
    try {
      await launcher.ready
    } catch (error) {
      launcher.dispose()
      throw error
    }
    this.#waiting.add(launcher)
  }
}

/** One that the shell enters as `spawn` would: there, and not named by a descriptor of this process. */
function isPlainDirectory(path: string): boolean {
  if (!path.startsWith('/') || path.startsWith('/proc/')) return false
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}
