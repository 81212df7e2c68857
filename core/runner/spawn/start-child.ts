import type { SpawnOptions } from 'node:child_process'
import { tracingChannel } from 'node:diagnostics_channel'
import { isMainThread } from 'node:worker_threads'
import spawn from 'cross-spawn'
import type { Child, Launch } from './contract.ts'
import { loadLibc } from './libc.ts'
import { NativeChildren } from './native-child.ts'

/** Tells a profiler of each start; without one it costs nothing. */
const starts = tracingChannel('gururmm:start-child')

const BY_FORK = 'by copying the agent (fork), which takes the longer the more memory it holds'

/** Why Node alone starts programs, once that is known. */
let hindrance = ''
/** One for the process, as signals and the ends of programs are the process's. */
let native: NativeChildren | null = null
/** How often it is looked for: without a descriptor left to read it with it may be there all the same. */
let attempts = 3

/**
 * Starts a program with pipes for its input, output and errors, in a session of its own, which keeps terminal signals of an agent in the
 * foreground away.
 *
 * Node copies the page tables of the agent for each program (`fork`), which takes longer the more memory the agent holds, and stops
 * everything else meanwhile. The C library of Linux has a way without (`posix_spawn`: 0.2 ms instead of 1 or more at 80 MiB, and half the
 * processor time of a short command), which is taken where nothing speaks against it. Node's way is taken wherever the other does not
 * lead to a program, so every failure is told by Node.
 *
 * @param kept a descriptor that the program gets as its fourth.
 * @throws what `spawn` throws.
 */
export function startChild(launch: Launch, ...kept: readonly number[]): Child {
  const start = (): Child =>
    startNatively(launch, kept) ?? (spawn(launch.program, launch.args, spawnOptionsOf(launch, ...kept)) as Child)
  return starts.traceSync(start, launch)
}

/** How Node is to start a program. */
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

/** Null where only Node can start it, or say why it can't be. */
export function startNatively(launch: Launch, kept: readonly number[] = []): Child | null {
  const { program, args, cwd, env, account } = launch
  // Another account is taken on between the fork and the program, for which the C library has no way; nor does it look a name up in the
  // program's own PATH.
  if (account !== undefined || !program.startsWith('/')) return null
  // A NUL would end the text for the C library.
  if ([program, cwd, ...args, ...Object.keys(env), ...Object.values(env)].some((text) => text.includes('\0')))
    return null
  return findNative()?.start({ program, args, cwd, env }, kept, launch.waits ? 2 : 0) ?? null
}

/** For a person: how programs of the agent's own account are started on this machine. */
export function startsDescribed(): string {
  return findNative() !== null
    ? 'by the C library (posix_spawn), without copying the agent; under a run-as account by fork'
    : `${BY_FORK}: ${hindrance}`
}

function findNative(): NativeChildren | null {
  if (native === null && attempts > 0) native = loadNative()
  return native
}

function loadNative(): NativeChildren | null {
  attempts--
  try {
    if (process.platform !== 'linux') throw new Error('there is no other way on this system')
    // Threads are not told of signals.
    if (!isMainThread) throw new Error('this is a thread')
    return new NativeChildren(loadLibc())
  } catch (error) {
    // Mostly no package for this processor, or another C library than glibc.
    hindrance = (error as Error).message.split('\n')[0] ?? ''
    return null
  }
}
