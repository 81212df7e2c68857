import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type CgroupDirectory, createCgroupDirectory, removeCgroup } from './cgroup-directory.ts'

/** Empty cgroups kept for the next runs: making and removing one costs more than the rest of the containment together. */
const MAX_IDLE = 16

/** The cgroups of this agent's runs. */
export interface CgroupPool {
  /** Moves the agent into an empty cgroup. Throws what the file system throws; the agent is at home then. */
  enter(): CgroupDirectory
  /** An empty cgroup; the agent stays where it is. Throws what the file system throws. */
  take(): CgroupDirectory
  /** Moves the agent home again. */
  leave(): void
  /** Takes a cgroup back, for another run where it is empty. */
  release(group: CgroupDirectory): void
  /** Removes all of them. */
  dispose(): void
}

/**
 * @param home the agent's own cgroup.
 * @param base where the cgroups of runs are made, below `home`.
 * @throws what the file system throws where there is no such cgroup.
 */
export function createCgroupPool(home: string, base: string): CgroupPool {
  const homeProcesses = openSync(join(home, 'cgroup.procs'), 'w')
  const all = new Set<CgroupDirectory>()
  const idle: CgroupDirectory[] = []
  let made = 0

  const drop = (group: CgroupDirectory): void => {
    all.delete(group)
    group.dispose()
  }
  const make = (): CgroupDirectory => {
    const group = createCgroupDirectory(join(base, `run-${++made}`))
    all.add(group)
    return group
  }
  return {
    enter() {
      for (let group = idle.pop(); group !== undefined; group = idle.pop()) {
        if (tryEnter(group)) return group
        drop(group)
      }
      const group = make()
      group.enter()
      return group
    },
    take: () => idle.pop() ?? make(),
    leave: () => void writeSync(homeProcesses, '0'),
    release(group) {
      // What is given up as unkillable is still in there.
      if (group.isPopulated()) return
      if (idle.length < MAX_IDLE) idle.push(group)
      else drop(group)
    },
    dispose() {
      for (const group of all) drop(group)
      removeCgroup(base)
      closeSync(homeProcesses)
    },
  }
}

/** An empty cgroup may have been removed by whoever tidies up on this machine. */
function tryEnter(group: CgroupDirectory): boolean {
  try {
    group.enter()
    return true
  } catch {
    return false
  }
}
