import { setTimeout as sleep } from 'node:timers/promises'
import { signalProcess } from './containment.ts'
import type { Instance } from './instance.ts'
import { allProcesses, environmentOf, lineageOf } from './proc.ts'

/** Set in the environment of every program: the agent's instance id, a dot, and the number of the run. */
export const MARKER = 'GURURMM_RUN'

/** How often a sweep looks again; whoever forks faster than it is killed for so long is left and told of by the next sweep. */
const MAX_ROUNDS = 50

/**
 * Kills every process that carries the marker of an agent that is gone. This process and its ancestors are spared: an agent may
 * have been started from a command of an earlier one.
 *
 * @returns how many were killed.
 */
export async function sweepMarked(instance: Instance): Promise<number> {
  const spared = lineageOf(process.pid)
  const killed = new Set<number>()
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const found = allProcesses().filter((pid) => !spared.has(pid) && isLeftover(pid, instance))
    if (found.length === 0) break
    for (const pid of found) if (signalProcess(pid, 'SIGKILL')) killed.add(pid)
    await sleep(10)
  }
  return killed.size
}

function isLeftover(pid: number, instance: Instance): boolean {
  const marker = environmentOf(pid, MARKER)
  return marker !== null && instance.isGone(marker.slice(0, marker.lastIndexOf('.')))
}
