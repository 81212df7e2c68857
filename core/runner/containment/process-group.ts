import { closeSync, openSync, unlinkSync } from 'node:fs'
import { type Launch, startChild } from '../spawn/index.ts'
import { type Containment, hasExited, signalProcess, type Tree } from './containment.ts'
import { MARK_DESCRIPTOR, MARKER, markFileOf, markLinkOf } from './marker.ts'
import { allProcesses, environmentOf, linkOf, statOf } from './proc.ts'

/**
 * A process group for each run; on Linux whatever left the group is found by its marks: the environment variable, and an open
 * descriptor that `env -i` does not drop. Only a program that takes off all three escapes.
 */
export function createGroupContainment(): Containment {
  const linux = process.platform === 'linux'
  return {
    kind: 'process_group',
    explanation: linux
      ? 'Each run is a process group, and what leaves it is found by its environment and an inherited descriptor; a process that sets up a session, clears its environment and closes its descriptors survives.'
      : 'Each run is a process group; a process that sets up a session of its own survives.',
    start: linux ? startMarked : startGrouped,
  }
}

/** Without /proc the group is all there is. */
function startGrouped(launch: Launch): Tree {
  const child = startChild(launch)
  const signalGroup = (signal: 'SIGTERM' | 'SIGKILL' | 0): boolean => {
    try {
      return child.pid !== undefined && process.kill(-child.pid, signal)
    } catch {
      return false
    }
  }
  return {
    child,
    isEmpty: () => hasExited(child) && !signalGroup(0),
    terminate: () => void signalGroup('SIGTERM'),
    kill: () => void signalGroup('SIGKILL'),
    release() {},
  }
}

function startMarked(launch: Launch): Tree {
  const marker = launch.env[MARKER] ?? ''
  const markFile = markFileOf(marker)
  const mark = openSync(markFile, 'wx', 0o600)
  unlinkSync(markFile)
  try {
    const child = startChild(launch, mark)
    return markedTree(child, marker)
  } finally {
    closeSync(mark)
  }
}

function markedTree(child: Tree['child'], marker: string): Tree {
  const markLink = markLinkOf(marker)
  // What is older than the program cannot come from it; that spares two reads for nearly every process.
  const since = Number((child.pid !== undefined && statOf(child.pid)?.startTime) || 0)
  const carriesMark = (pid: number): boolean =>
    environmentOf(pid, MARKER) === marker || linkOf(pid, `fd/${MARK_DESCRIPTOR}`) === markLink

  const look = (): { members: number[]; isCertain: boolean } => {
    let isCertain = true
    const members = allProcesses().filter((pid) => {
      const stat = statOf(pid)
      // It ended since it was listed, and may have started another one before.
      if (stat === null || stat.state === 'Z') isCertain = false
      else return Number(stat.startTime) >= since && (stat.group === child.pid || carriesMark(pid))
      return false
    })
    return { members, isCertain }
  }
  const signalAll = (signal: 'SIGTERM' | 'SIGKILL'): void => {
    for (const pid of look().members) signalProcess(pid, signal)
  }
  return {
    child,
    isEmpty: () => hasExited(child) && isEmptyForSure(look),
    terminate: () => signalAll('SIGTERM'),
    kill: () => signalAll('SIGKILL'),
    release() {},
  }
}

/** On a machine where processes end all the time no look is certain, so there is an end to looking. */
const MAX_LOOKS = 3

function isEmptyForSure(look: () => { members: number[]; isCertain: boolean }): boolean {
  for (let looks = 1; ; looks++) {
    const { members, isCertain } = look()
    if (members.length > 0) return false
    if (isCertain || looks === MAX_LOOKS) return true
  }
}
