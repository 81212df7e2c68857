import { statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { signalProcess } from './containment.ts'
import { currentInstance, type Instance } from './instance.ts'
import { allProcesses, environmentOf, lineageOf, linkOf } from './proc.ts'

/** Set in the environment of every program: the agent's instance id, a dot, and the number of the run. */
export const MARKER = 'GURURMM_RUN'

/**
 * Where a second mark stands in programs that have no container: a descriptor of a deleted file whose name ends in the marker.
 * `env -i` does not drop it.
 */
export const MARK_DESCRIPTOR = 3

/** The environment that marks a process of this agent which is no run of a command, for {@link sweepMarked} of a later agent. */
export function processMarker(): Readonly<Record<string, string>> {
  return { [MARKER]: `${currentInstance().id}.0` }
}

const MARK_FILE = 'gururmm-run-'

/** The file behind the second mark; to be opened, handed over and deleted at once. */
export function markFileOf(marker: string): string {
  return join(tmpdir(), MARK_FILE + marker)
}

/** What the second mark of a process looks like in /proc. */
export function markLinkOf(marker: string): string {
  return `${markFileOf(marker)} (deleted)`
}

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
  const markers = [environmentOf(pid, MARKER), describedMarker(pid)]
  return markers.some((marker) => marker !== null && instance.isGone(marker.slice(0, marker.lastIndexOf('.'))))
}

/** The marker on the process's second mark, if the file behind it is our own: anyone can make one of that name. */
function describedMarker(pid: number): string | null {
  const link = linkOf(pid, `fd/${MARK_DESCRIPTOR}`)
  const [, marker = null] = /\/gururmm-run-(.+) \(deleted\)$/.exec(link ?? '') ?? []
  if (marker === null) return null
  const owner = statSync(`/proc/${pid}/fd/${MARK_DESCRIPTOR}`, { throwIfNoEntry: false })?.uid
  return owner === process.geteuid?.() ? marker : null
}
