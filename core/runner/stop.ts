import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger, RunEnd } from '@gururmm/plugin-sdk'
import type { Tree } from './containment/index.ts'

/** How long what a program left in the background may go on after its end; also how long its pipes are listened to. */
export const DRAIN_MS = 250

/** A process that the kernel cannot end (stuck in a device) must not keep its command from ever ending. */
const GIVE_UP_MS = 10_000

const FIRST_LOOK_MS = 1
const LONGEST_LOOK_MS = 100

/** Why a run was ended from outside. */
export type StopCause = Exclude<RunEnd['endedBy'], 'exit'>

/** Ends a run's tree, once. */
export interface Stopper {
  /** The first cause given before the program ended by itself. */
  readonly cause: StopCause | null
  /** Set once the run is to be stopped: resolves when the tree is gone or was given up. */
  readonly stopped: Promise<void>
  request(cause: StopCause): void
  /** The program ended: makes sure that nothing it left behind stays. */
  settle(): Promise<void>
}

export function createStopper(tree: Tree, exited: Promise<unknown>, graceMs: number, logger: Logger): Stopper {
  const { promise: stopped, resolve } = Promise.withResolvers<void>()
  let cause: StopCause | null = null
  let settling = false

  return {
    get cause() {
      return cause
    },
    stopped,
    request(requested) {
      if (cause !== null) return
      if (settling) {
        // Nothing is left to be ended, but nobody is to be waited for any longer either.
        resolve()
        return
      }
      cause = requested
      void endTree(tree, exited, graceMs, logger).then(resolve)
    },
    async settle() {
      if (cause !== null) return stopped
      settling = true
      if (await isEmptyWithin(tree, DRAIN_MS)) return
      logger.debug({ pid: tree.child.pid }, 'a program left others running; they are ended')
      await endTree(tree, exited, DRAIN_MS, logger)
    },
  }
}

/** Polite signal, grace, kill; over when nothing is left. */
async function endTree(tree: Tree, exited: Promise<unknown>, graceMs: number, logger: Logger): Promise<void> {
  const deadline = performance.now() + graceMs
  attempt(() => tree.terminate(), logger)
  await settledWithin(exited, graceMs)
  if (await isEmptyWithin(tree, deadline - performance.now())) return
  const giveUp = performance.now() + GIVE_UP_MS
  while (performance.now() < giveUp) {
    // Again and again: where nothing kills all at once, something may fork while it is killed.
    attempt(() => tree.kill(), logger)
    if (await isEmptyWithin(tree, LONGEST_LOOK_MS)) return
  }
  logger.error({ pid: tree.child.pid }, 'a program could not be killed and is left behind')
}

/** What cannot be signalled now may be next time; in any case the wait has an end. */
function attempt(signal: () => void, logger: Logger): void {
  try {
    signal()
  } catch (error) {
    logger.error({ err: error }, 'a program could not be ended')
  }
}

/** Looks at growing intervals until the tree is empty or the time is over; at least once. */
async function isEmptyWithin(tree: Tree, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms
  for (let pause = FIRST_LOOK_MS; !tree.isEmpty(); pause = Math.min(pause * 2, LONGEST_LOOK_MS)) {
    const left = deadline - performance.now()
    if (left <= 0) return false
    await sleep(Math.min(pause, left))
  }
  return true
}

/** Whether `promise` settled in time. */
export async function settledWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(resolve, Math.max(0, ms), false)
  try {
    return await Promise.race([promise.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
