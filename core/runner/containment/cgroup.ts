import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import spawn from 'cross-spawn'
import {
  type CgroupDirectory,
  createCgroupDirectory,
  killCgroup,
  membersOf,
  removeCgroup,
  subdirectories,
} from './cgroup-directory.ts'
import { type Containment, hasExited, signalProcess, spawnOptionsOf, type Tree } from './containment.ts'
import type { Instance } from './instance.ts'

const PREFIX = 'gururmm-'

/** Empty cgroups kept for the next runs: making and removing one costs more than the rest of the containment together. */
const MAX_IDLE = 16

/** How long a sweep waits for killed processes to be gone, in rounds of 10 ms. */
const MAX_ROUNDS = 200

/**
 * A cgroup for each run, below the agent's own cgroup. Nothing leaves it by forking, `setsid` or dropping its environment, and
 * the kernel kills all in it at once.
 *
 * @param home the agent's own cgroup.
 * @throws what the file system throws where cgroups cannot be made or entered there.
 */
export function createCgroupContainment(home: string, instance: Instance): Containment {
  const base = join(home, PREFIX + instance.id)
  const homeProcesses = openSync(join(home, 'cgroup.procs'), 'w')
  const idle: CgroupDirectory[] = []
  const all = new Set<CgroupDirectory>()
  let made = 0

  const make = (): CgroupDirectory => {
    const group = createCgroupDirectory(join(base, `run-${++made}`))
    all.add(group)
    return group
  }
  /**
   * The agent enters the cgroup, forks (spawn does so before it returns), and goes home: the child is inside from its first
   * instruction on. A shell that enters and then executes the program costs three times as much; moving the child after the
   * fork leaves it time to fork itself.
   */
  const inside = (group: CgroupDirectory, fork: () => void): void => {
    try {
      group.enter()
      fork()
    } finally {
      writeSync(homeProcesses, '0')
    }
  }
  const dispose = (group: CgroupDirectory): void => {
    all.delete(group)
    group.dispose()
  }
  const release = (group: CgroupDirectory): void => {
    if (group.isPopulated()) return
    if (idle.length < MAX_IDLE) idle.push(group)
    else dispose(group)
  }

  try {
    mkdirSync(base)
    const first = make()
    inside(first, () => {})
    idle.push(first)
  } catch (error) {
    for (const group of all) group.dispose()
    removeCgroup(base)
    closeSync(homeProcesses)
    throw error
  }

  return {
    kind: 'cgroup',
    explanation: `Each run has a cgroup of its own below ${base}; nothing it starts survives it.`,
    start(launch) {
      const group = idle.pop() ?? make()
      let child: Tree['child'] | undefined
      try {
        inside(group, () => {
          child = spawn(launch.program, launch.args, spawnOptionsOf(launch))
        })
      } catch (error) {
        child?.kill('SIGKILL')
        // Whatever is wrong with this one, the next run gets another.
        dispose(group)
        throw error
      }
      return treeOf(child as unknown as Tree['child'], group, release)
    },
    sweep: () => sweepCgroups(home, instance),
    async close() {
      killCgroup(base)
      await emptied(base)
      for (const group of all) dispose(group)
      removeCgroup(base)
      closeSync(homeProcesses)
    },
  }
}

function treeOf(child: Tree['child'], group: CgroupDirectory, release: (group: CgroupDirectory) => void): Tree {
  return {
    child,
    isEmpty: () => hasExited(child) && !group.isPopulated(),
    terminate() {
      for (const pid of membersOf(group.path)) signalProcess(pid, 'SIGTERM')
    },
    kill: () => killCgroup(group.path),
    release: () => release(group),
  }
}

/** Ends what is in the cgroups of agents that are gone, and removes them. */
async function sweepCgroups(home: string, instance: Instance): Promise<number> {
  const left = subdirectories(home).filter(
    (name) => name.startsWith(PREFIX) && instance.isGone(name.slice(PREFIX.length)),
  )
  let killed = 0
  for (const path of left.map((name) => join(home, name))) {
    killed += membersOf(path).length
    killCgroup(path)
    await emptied(path)
    removeCgroup(path)
  }
  return killed
}

/** Waits until killed processes are gone, killing again what a kernel without `cgroup.kill` let slip through. */
async function emptied(path: string): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS && membersOf(path).length > 0; round++) {
    killCgroup(path)
    await sleep(10)
  }
}
