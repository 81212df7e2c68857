import { EventEmitter } from 'node:events'
import { closeSync } from 'node:fs'
import { Socket } from 'node:net'
import { constants } from 'node:os'
import { type Readable, Writable } from 'node:stream'
import type { Child } from './contract.ts'
import type { Ending, Libc, NativeLaunch } from './libc.ts'

/** Should the system ever swallow the signal that tells of a program's end: how often all are asked, in ms. */
const ASK_MS = 1000

const SIGNAL_NAMES = new Map(
  Object.entries(constants.signals).map(([name, number]) => [number, name as NodeJS.Signals] as const),
)

/** A program that the C library started; to its holder as a `ChildProcess` of Node. */
class NativeChild extends EventEmitter implements Child {
  readonly pid: number
  readonly stdout: Socket
  readonly stderr: Socket
  /** Our end of its input, until it is opened or closed. */
  #input: number | null
  #stdin: Writable | undefined
  readonly #more: readonly (Socket | null)[]
  exitCode: number | null = null
  signalCode: NodeJS.Signals | null = null
  readonly #children: NativeChildren

  /** @param ends ours of its pipes; null for a descriptor that is not one. */
  constructor(pid: number, ends: readonly (number | null)[], children: NativeChildren) {
    super()
    this.pid = pid
    this.#children = children
    const [input, stdout, stderr, ...more] = ends as [number, number, number, ...(number | null)[]]
    this.#input = input
    this.stdout = new Socket({ fd: stdout, readable: true, writable: false })
    this.stderr = new Socket({ fd: stderr, readable: true, writable: false })
    this.#more = more.map((fd) => (fd === null ? null : new Socket({ fd })))
  }

  get stdin(): Writable {
    if (this.#stdin !== undefined) return this.#stdin
    const fd = this.#input
    this.#input = null
    this.#stdin = fd === null ? new Writable().destroy() : new Socket({ fd, readable: false, writable: true })
    return this.#stdin
  }

  get stdio(): readonly (Writable | Readable | null)[] {
    return [this.stdin, this.stdout, this.stderr, ...this.#more]
  }

  closeInput(): void {
    if (this.#stdin !== undefined) this.#stdin.end()
    if (this.#input !== null) closeSync(this.#input)
    this.#input = null
  }

  kill(signal: NodeJS.Signals = 'SIGTERM'): boolean {
    // Until its end was asked for nobody else can get its number.
    if (this.exitCode !== null || this.signalCode !== null) return false
    return process.kill(this.pid, signal)
  }

  ref(): void {
    this.#children.hold(this, true)
  }

  unref(): void {
    this.#children.hold(this, false)
  }

  /** It ended. */
  end({ exitCode, signal }: Ending): void {
    this.exitCode = exitCode
    this.signalCode = signal === null ? null : (SIGNAL_NAMES.get(signal) ?? 'SIGKILL')
    if (this.#stdin === undefined) this.closeInput()
    else this.#stdin.destroy()
    this.emit('exit', this.exitCode, this.signalCode)
  }
}

/** The programs that the C library started for this process, and their ends. */
export class NativeChildren {
  readonly #libc: Libc
  readonly #running = new Map<number, NativeChild>()
  readonly #holding = new Set<NativeChild>()
  #timer: NodeJS.Timeout | undefined

  constructor(libc: Libc) {
    this.#libc = libc
    // Node asks only for the ends of those that it started itself.
    process.on('SIGCHLD', () => this.#askAll())
  }

  /**
   * Starts a program with a pipe for each of 0, 1 and 2, then `kept`, then `pipes` pipes more.
   *
   * @returns null where it cannot be started; nothing is left of it then.
   */
  start(launch: Omit<NativeLaunch, 'descriptors'>, kept: readonly number[], pipes: number): Child | null {
    const pairs: (readonly [number, number])[] = []
    let pid: number | null = null
    try {
      for (let count = 3 + pipes; count > 0; count--) {
        const pair = this.#libc.socketPair()
        if (pair === null) return null
        pairs.push(pair)
      }
      const theirs = pairs.map(([, their]) => their)
      const descriptors = [...theirs.slice(0, 3), ...kept, ...theirs.slice(3)]
      // One that has yet to be handed over could be replaced before.
      if (descriptors.some((descriptor) => descriptor < descriptors.length)) return null
      pid = this.#libc.spawn({ ...launch, descriptors })
      if (pid === null) return null
    } finally {
      for (const [ours, their] of pairs) {
        closeSync(their)
        if (pid === null) closeSync(ours)
      }
    }
    const ours = pairs.map(([our]) => our)
    return this.#follow(new NativeChild(pid, [...ours.slice(0, 3), ...kept.map(() => null), ...ours.slice(3)], this))
  }

  /** Whether a program keeps this process alive. */
  hold(child: NativeChild, isHeld: boolean): void {
    if (isHeld && this.#running.has(child.pid)) this.#holding.add(child)
    else this.#holding.delete(child)
    this.#setTimer()
  }

  #follow(child: NativeChild): Child {
    this.#running.set(child.pid, child)
    this.#holding.add(child)
    this.#setTimer()
    return child
  }

  #askAll(): void {
    for (const [pid, child] of this.#running) {
      const ending = this.#libc.wait(pid)
      if (ending === null) continue
      this.#running.delete(pid)
      this.#holding.delete(child)
      child.end(ending)
    }
    this.#setTimer()
  }

  #setTimer(): void {
    if (this.#running.size === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
      return
    }
    this.#timer ??= setInterval(() => this.#askAll(), ASK_MS)
    if (this.#holding.size > 0) this.#timer.ref()
    else this.#timer.unref()
  }
}
