import type { Ask } from '../cli/probe.ts'
import { type Features, fileSystems, INSIDE, namespaces, type SystemPart, systemArguments } from './arguments.ts'
import { systemParts } from './system.ts'

/** What tells that a system lets no ordinary account make user namespaces. */
const NO_NAMESPACES = /uid map|No permissions to create|Operation not permitted|Permission denied/i

/**
 * Runs the CLI in a sandbox with nothing else in it, to see whether this machine can make one, and with what.
 *
 * @param program the CLI's.
 * @returns a sentence that says what is missing, where it cannot.
 */
export async function trySandbox(
  program: string,
  ask: Ask,
  platform: NodeJS.Platform = process.platform,
): Promise<Features | string> {
  if (platform !== 'linux') return 'Linux alone has a sandbox for the whole CLI.'
  const system = await systemParts(false)
  let complaint = ''
  for (const features of [{ bounds: true }, { bounds: false }]) {
    try {
      await ask('bwrap', trialArguments(program, system, features))
      return features
    } catch (error) {
      complaint = error instanceof Error ? error.message : String(error)
    }
  }
  return explained(complaint)
}

function trialArguments(program: string, system: readonly SystemPart[], features: Features): readonly string[] {
  return [
    ...namespaces(features),
    ...system.flatMap(systemArguments),
    ...fileSystems(features),
    ...['--ro-bind', program, INSIDE.program, '--', INSIDE.program, '--version'],
  ]
}

/** What to do about it. Ubuntu from 24.04 on lets no unconfined program of an ordinary account make namespaces, by AppArmor. */
function explained(complaint: string): string {
  const words = complaint.replace(/\s+/g, ' ').trim().slice(0, 300)
  if (/ENOENT|not found|does not exist|no program|No such file or directory/i.test(words) && !/bwrap:/.test(words)) {
    return 'There is no bubblewrap on this machine: install the package bubblewrap.'
  }
  if (NO_NAMESPACES.test(words)) {
    return `bubblewrap is there, but the system lets it make no namespaces (${words}): on Ubuntu give /usr/bin/bwrap an AppArmor profile with "userns,", elsewhere set user.max_user_namespaces and kernel.unprivileged_userns_clone, in a container allow namespaces.`
  }
  return `bubblewrap does not work on this machine: ${words}`
}
