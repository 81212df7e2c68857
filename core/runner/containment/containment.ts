import type { ChildProcess, SpawnOptions } from 'node:child_process'
import type { Writable } from 'node:stream'
import type { ContainmentReport } from '../contract.ts'

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

/** A started program with everything it starts. */
export interface Tree {
  readonly child: ChildProcess
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

/**
 * What every kind passes to spawn. A session of its own keeps terminal signals of an agent in the foreground away.
 *
 * @param kept a descriptor that the program gets as its fourth.
 */
export function spawnOptionsOf(launch: Launch, ...kept: readonly number[]): SpawnOptions {
  return {
    cwd: launch.cwd,
    env: launch.env,
    stdio: ['pipe', 'pipe', 'pipe', ...kept, ...(launch.waits ? (['pipe', 'pipe'] as const) : [])],
    detached: true,
    windowsHide: true,
    ...launch.account,
  }
}

/** Whether the program itself is over, or never started. */
export function hasExited(child: ChildProcess): boolean {
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
