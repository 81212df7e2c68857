import { randomBytes } from 'node:crypto'
import { linkOf, statOf } from './proc.ts'

/**
 * Names this agent in whatever may outlive it (cgroups, environment of its programs), so that a later agent can tell whether it
 * is still alive: PID namespace, pid, start time, and a random part that tells two runners of one process apart.
 */
export interface Instance {
  readonly id: string
  /** Whether an id found on a leftover belongs to an agent that is gone. False where that cannot be told. */
  isGone(id: string): boolean
}

const ID = /^(\d+)-(\d+)-(\d+)-[0-9a-f]{8}$/

/** This process. */
export function currentInstance(): Instance {
  const namespace = /\d+/.exec(linkOf('self', 'ns/pid') ?? '')?.[0] ?? '0'
  const startTime = statOf('self')?.startTime ?? '0'
  return {
    id: `${namespace}-${process.pid}-${startTime}-${randomBytes(4).toString('hex')}`,
    isGone(id) {
      const [, itsNamespace, pid, itsStart] = ID.exec(id) ?? []
      // A pid of another namespace means nothing here, and without /proc nothing is known.
      if (itsNamespace === undefined || itsNamespace === '0' || itsNamespace !== namespace) return false
      return hasEnded(Number(pid), itsStart)
    },
  }
}

/**
 * For certain: /proc may not show the process (`hidepid`, no descriptor left to read it with), and a living agent's commands must
 * never be taken for leftovers.
 */
function hasEnded(pid: number, startTime: string | undefined): boolean {
  const stat = statOf(pid)
  // Killed, and nobody has asked how it ended yet.
  if (stat?.startTime === startTime) return stat?.state === 'Z' || stat?.state === 'X'
  return stat !== null || !exists(pid)
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
