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
      return statOf(Number(pid))?.startTime !== itsStart
    },
  }
}
