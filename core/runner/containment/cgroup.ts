import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@gururmm/plugin-sdk'
import { type Child, type Launch, startChild } from '../spawn/index.ts'
import { type CgroupDirectory, killCgroup, membersOf, removeCgroup, subdirectories } from './cgroup-directory.ts'
import { type CgroupPool, createCgroupPool } from './cgroup-pool.ts'
import { type Containment, hasExited, signalProcess, type Tree } from './containment.ts'
import type { Instance } from './instance.ts'

const PREFIX = 'gururmm-'

/** How long a sweep waits for killed processes to be gone, in rounds of 10 ms. */
const MAX_ROUNDS = 200

/**
 * A cgroup for each run, below the agent's own cgroup. Nothing leaves it by forking, `setsid` or dropping its environment, and
 * the kernel kills all in it at once.
 *
 * @param home the agent's own cgroup.
 * @throws what the file system throws where cgroups cannot be made or entered there.
 */
export function createCgroupContainment(home: string, instance: Instance, logger: Logger): Containment {
  const base = join(home, PREFIX + instance.id)
  const pool = createCgroupPool(home, base)
  try {
    const first = pool.enter()
    pool.leave()
    pool.release(first)
  } catch (error) {
    pool.dispose()
    throw error
  }
  return {
    kind: 'cgroup',
    explanation: `Each run has a cgroup of its own below ${base}; nothing it starts survives it.`,
    start(launch) {
      if (launch.waits) return startOutside(pool, launch)
      const group = pool.enter()
      try {
        return treeOf(startInside(pool, launch), group, pool)
      } catch (error) {
        pool.release(group)
        throw error
      }
    },
    sweep: () => sweepCgroups(home, instance, logger),
    async close() {
      await emptied(base)
      pool.dispose()
    },
  }
}

/**
 * The agent is in the cgroup, makes the process (before the call returns), and goes home: the child is inside from its first instruction
 * on. A shell that enters and then executes the program costs three times as much; moving the child afterwards leaves it time to fork.
 */
function startInside(pool: CgroupPool, launch: Launch): Child {
  let child: Child | undefined
  try {
    child = startChild(launch)
    return child
  } finally {
    leave(pool, child)
  }
}

/**
 * What waits starts nothing yet, so it can be moved inside afterwards, off the event loop: after a pause the kernel takes 10 ms for a
 * move.
 */
function startOutside(pool: CgroupPool, launch: Launch): Tree {
  const group = pool.take()
  try {
    const child = startChild(launch)
    const ready = child.pid === undefined ? Promise.resolve() : group.move(child.pid)
    ready.catch(() => child.kill('SIGKILL'))
    return { ...treeOf(child, group, pool), ready }
  } catch (error) {
    pool.release(group)
    throw error
  }
}

function leave(pool: CgroupPool, child: Child | undefined): void {
  try {
    pool.leave()
  } catch (error) {
    child?.kill('SIGKILL')
    throw error
  }
}

function treeOf(child: Child, group: CgroupDirectory, pool: CgroupPool): Tree {
  return {
    child,
    isEmpty: () => hasExited(child) && !group.isPopulated(),
    terminate() {
      for (const pid of membersOf(group.path)) signalProcess(pid, 'SIGTERM')
    },
    kill: () => killCgroup(group.path),
    release: () => pool.release(group),
  }
}

/** Ends what is in the cgroups of agents that are gone, and removes them. */
async function sweepCgroups(home: string, instance: Instance, logger: Logger): Promise<number> {
  let killed = 0
  for (const name of subdirectories(home)) {
    if (!name.startsWith(PREFIX) || !instance.isGone(name.slice(PREFIX.length))) continue
    const path = join(home, name)
    try {
      killed += membersOf(path).length
      await emptied(path)
      removeCgroup(path)
    } catch (error) {
      logger.warn({ err: error, path }, 'what an earlier agent left running could not be ended')
    }
  }
  return killed
}

/** Kills until nothing is left, which takes a moment, and more than one stroke on a kernel without `cgroup.kill`. */
async function emptied(path: string): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS && membersOf(path).length > 0; round++) {
    killCgroup(path)
    await sleep(10)
  }
}
