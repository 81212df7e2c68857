import type { Writable } from 'node:stream'
import type { ContainmentReport } from '../contract.ts'
import type { Child, Launch } from '../spawn/index.ts'

/** A started program with everything it starts. */
export interface Tree {
  readonly child: Child
  /** The program's standard input, where that is not `child.stdin`. */
  readonly input?: Writable
  /** Set where the program may be brought into its container after it was started: resolves once it is inside. */
  readonly ready?: Promise<void>
  /** Asked at the program's end: why it never came to be, as `spawn` would say; null where it ran. Absent: it ran. */
  failure?(): Promise<Error | null>
  /** Whether nothing of it is left. Cheap while the program itself runs. */
  isEmpty(): boolean
  /** Asks everything in it to end. */
  terminate(): void
  /** Ends what is in it now; repeated by the caller until it is empty. */
  kill(): void
  /** Gives back what was kept for it; called once, when it is empty or was given up. */
  release(): void
}

/** One way of keeping the processes of a run together. */
export interface Containment extends ContainmentReport {
  /** Starts the program, inside from its first instruction on. Throws what `spawn` throws. */
  start(launch: Launch): Tree
  /** Ends what agents that are gone left in their containers; how many processes that were. */
  sweep?(): Promise<number>
  close?(): Promise<void>
}

/** Whether the program itself is over, or never started. */
export function hasExited(child: Child): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null
}

/** Sends a signal to a process that may be gone already. Returns whether it was there. */
export function signalProcess(pid: number, signal: 'SIGTERM' | 'SIGKILL'): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    // ESRCH: gone. EPERM: it took on another account, and this agent has no right over it; isEmpty() goes on telling.
    return false
  }
}
