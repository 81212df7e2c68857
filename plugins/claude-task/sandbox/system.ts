import { lstat, readlink } from 'node:fs/promises'
import type { SystemPart } from './arguments.ts'

/** Where Linux systems keep programs and libraries; what of it is missing here is left out. */
const LIBRARIES = ['/lib', '/lib32', '/lib64', '/libx32', '/bin', '/sbin', '/nix/store']
/** All that the CLI itself needs, and the shell that starts it. */
const FOR_THE_CLI = ['/usr/bin', '/usr/lib', '/usr/lib32', '/usr/lib64', '/usr/libx32', '/etc/ld.so.cache']
/** Commands need more: their data, and which of several programs a name means. */
const FOR_COMMANDS = ['/usr', '/etc/ld.so.cache', '/etc/alternatives', '/etc/localtime']

/** The parts of this machine's software that a sandbox has, read-only. */
export async function systemParts(hasBash: boolean): Promise<readonly SystemPart[]> {
  const paths = [...(hasBash ? FOR_COMMANDS : FOR_THE_CLI), ...LIBRARIES]
  const parts = await Promise.all(paths.map(look))
  return parts.filter((part) => part !== undefined)
}

async function look(path: string): Promise<SystemPart | undefined> {
  const found = await lstat(path).catch(() => undefined)
  // `/bin` is a link into `/usr` on most systems; files of `/etc` may be links to where nothing is mounted.
  if (found?.isSymbolicLink() && !path.startsWith('/etc/')) return { path, link: await readlink(path) }
  return found && { path }
}
