/**
 * Steps at which the process can be made to die, for crash tests. `GURURMM_FAILPOINT=NAME:COUNT` ends the process by SIGKILL when
 * it comes to NAME for the COUNT-th time (default: the first). Without the variable each costs one comparison.
 *
 * @module
 */

/** The journal's steps, in the order in which a process comes to them. */
export const FAILPOINTS = [
  'journal-locked',
  'journal-schema',
  'journal-migrated',
  'journal-opened',
  'journal-reconciled',
  'journal-damage-found',
  'journal-set-aside',
  'journal-salvaged',
  'journal-begin',
  'journal-operation',
  'journal-before-commit',
  'journal-committed',
  'journal-synced',
  'journal-settled',
  'journal-checkpoint',
  'journal-copied',
  'journal-copy-synced',
  'journal-emptied',
  'journal-emptied-synced',
  'journal-pruned',
  'journal-closing',
] as const

export type Failpoint = (typeof FAILPOINTS)[number]

const [armed, count = '1'] = (process.env.GURURMM_FAILPOINT ?? '').split(':')
let left = Number(count)

/** Dies here if this is the armed failpoint. */
export function failpoint(name: Failpoint | (string & {})): void {
  if (name !== armed) return
  left--
  if (left === 0) process.kill(process.pid, 'SIGKILL')
}
