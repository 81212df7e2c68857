import type { RequesterLimits } from '@gururmm/plugin-sdk'
import type { CommandRequest, CommandType } from '../dispatch/contract.ts'
import type { By } from './windows.ts'

/** On whose behalf a command comes. */
export type Requester = CommandRequest['requester']

/** One set of limits, and whose commands it counts. */
export interface Level {
  /** As it reads after a number: `shell commands of the user olga`. */
  readonly label: string
  readonly by: By
  readonly limits: RequesterLimits
  /** Where it stands below the type's limits; empty: these are the type's own. */
  readonly path: readonly string[]
}

/** Longer names are cut as the journal cuts them. */
const NAME_LENGTH = 128

/** The limits of the user and the role that ask, then the type's own. */
export function levelsOf({ type, limits }: CommandType, requester: Requester): readonly Level[] {
  const { perUser, perRole = {} } = limits
  const user = requester.user?.slice(0, NAME_LENGTH) ?? null
  const role = requester.role?.slice(0, NAME_LENGTH) ?? null
  const levels: Level[] = []
  if (perUser !== undefined) {
    const who = user === null ? 'users without a name' : `the user ${user}`
    levels.push({ label: `${type} commands of ${who}`, by: { user }, limits: perUser, path: ['perUser'] })
  }
  if (role !== null && Object.hasOwn(perRole, role)) {
    const ofRole = perRole[role] as RequesterLimits
    levels.push({
      label: `${type} commands of the role ${role}`,
      by: { role },
      limits: ofRole,
      path: ['perRole', role],
    })
  }
  return [...levels, { label: `${type} commands`, by: {}, limits, path: [] }]
}

/** Names the place that says a limit of a type. */
export function ruleFor(type: CommandType, ...limit: readonly string[]): string {
  return type.ruleOf?.(...limit) ?? `plugins.${type.plugin}.limits.${type.type}.${limit.join('.')}`
}

/** At least a second: who comes back at once would only be refused again. */
export function secondsUntil(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000))
}
