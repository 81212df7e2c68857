import { CommandError } from '@gururmm/plugin-sdk'
import { PROFILES } from '../config/security-schema.ts'
import type { ProfileName, Security } from '../config-schema.ts'

const SECURITY = 'plugins.claude_task.config.security'

/** On whose behalf a task runs, as the server said. */
export interface Requester {
  readonly user: string | null
  readonly role: string | null
}

/** A task's profile, and the key of the config that says so. */
export interface ChosenProfile {
  readonly name: ProfileName
  readonly rule: string
}

/**
 * The profile that a task runs under: that of its user, else of its role, else the default; or the lesser one that it asks for.
 *
 * @throws CommandError `TASK_PROFILE_DENIED` (refused) where the config gives the requester none, or a lesser one than was asked for.
 */
export function chooseProfile(
  security: Security,
  requester: Requester,
  asked: ProfileName | null | undefined,
): ChosenProfile {
  const { granted, rule } = grantFor(security, requester)
  if (granted === 'none') {
    throw denied(
      `No Claude tasks are allowed to ${nameOf(requester)}: the operator has to give it a profile in ${rule}.`,
      rule,
    )
  }
  const name = asked ?? granted
  if (PROFILES.indexOf(name) > PROFILES.indexOf(granted)) {
    throw denied(
      `The task asks for the profile ${name} and ${nameOf(requester)} has ${granted}: ask for that or a lesser one, or let the operator change ${rule}.`,
      rule,
    )
  }
  return { name, rule }
}

/** The profiles that somebody may have, from the least to the greatest. */
export function grantedProfiles(security: Security): readonly ProfileName[] {
  const granted = [security.defaultProfile, ...Object.values(security.roles), ...Object.values(security.users)]
  const greatest = Math.max(...granted.map((name) => (PROFILES as readonly string[]).indexOf(name)))
  return PROFILES.slice(0, greatest + 1)
}

function grantFor(security: Security, { user, role }: Requester): { granted: ProfileName | 'none'; rule: string } {
  const ofUser = user === null ? undefined : ownValue(security.users, user)
  if (ofUser !== undefined) return { granted: ofUser, rule: `${SECURITY}.users.${user}` }
  const ofRole = role === null ? undefined : ownValue(security.roles, role)
  if (ofRole !== undefined) return { granted: ofRole, rule: `${SECURITY}.roles.${role}` }
  return { granted: security.defaultProfile, rule: `${SECURITY}.defaultProfile` }
}

/** A user may be called `constructor`. */
function ownValue<V>(map: Readonly<Record<string, V>>, key: string): V | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined
}

function nameOf({ user, role }: Requester): string {
  if (user !== null) return `the user ${JSON.stringify(user)}`
  return role === null ? 'a task that names no user' : `the role ${JSON.stringify(role)}`
}

function denied(message: string, rule: string): CommandError {
  return new CommandError('TASK_PROFILE_DENIED', message, { refused: true, rule })
}
