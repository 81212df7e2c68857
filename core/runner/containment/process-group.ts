import { closeSync, openSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import spawn from 'cross-spawn'
import { type Containment, hasExited, type Launch, signalProcess, spawnOptionsOf, type Tree } from './containment.ts'
import type { Instance } from './instance.ts'
import { MARKER } from './marker.ts'
import { allProcesses, environmentOf, linkOf, statOf } from './proc.ts'

/** Where the marking descriptor stands in every program of a run. */
const DESCRIPTOR = 3

/**
 * A process group for each run; on Linux whatever left the group is found by its marks: the environment variable, and an open
 * descriptor that `env -i` does not drop. Only a program that takes off all three escapes.
 */
export function createGroupContainment(instance: Instance): Containment {
  const linux = process.platform === 'linux'
  let runs = 0
  return {
    kind: 'process_group',
    explanation: linux
      ? 'Each run is a process group, and what leaves it is found by its environment and an inherited descriptor; a process that sets up a session, clears its environment and closes its descriptors survives.'
      : 'Each run is a process group; a process that sets up a session of its own survives.',
    start: (launch) =>
      linux ? startMarked(launch, join(tmpdir(), `gururmm-run-${instance.id}.${++runs}`)) : startGrouped(launch),
  }
}

/** Without /proc the group is all there is. */
function startGrouped(launch: Launch): Tree {
  const child = spawn(launch.program, launch.args, spawnOptionsOf(launch))
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

function startMarked(launch: Launch, markFile: string): Tree {
  const mark = openSync(markFile, 'wx', 0o600)
  unlinkSync(markFile)
  try {
    const options = spawnOptionsOf(launch)
    const child = spawn(launch.program, launch.args, { ...options, stdio: ['pipe', 'pipe', 'pipe', mark] })
    return markedTree(child, launch.env[MARKER] ?? '', `${markFile} (deleted)`)
  } finally {
    closeSync(mark)
  }
}

function markedTree(child: Tree['child'], marker: string, markLink: string): Tree {
  const belongs = (pid: number): boolean => {
    const stat = statOf(pid)
    if (stat === null || stat.state === 'Z') return false
    return (
      stat.group === child.pid || environmentOf(pid, MARKER) === marker || linkOf(pid, `fd/${DESCRIPTOR}`) === markLink
    )
  }
  const signalAll = (signal: 'SIGTERM' | 'SIGKILL'): void => {
    for (const pid of allProcesses()) if (pid !== process.pid && belongs(pid)) signalProcess(pid, signal)
  }
  return {
    child,
    isEmpty: () => hasExited(child) && !allProcesses().some(belongs),
    terminate: () => signalAll('SIGTERM'),
    kill: () => signalAll('SIGKILL'),
    release() {},
  }
}
