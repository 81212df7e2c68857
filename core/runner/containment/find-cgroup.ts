import { posix } from 'node:path'

/**
 * The directory of this process's own cgroup in the unified (v2) hierarchy, where sub-cgroups of it can be made.
 *
 * @param mountinfo content of /proc/self/mountinfo
 * @param ownCgroups content of /proc/self/cgroup
 * @returns null where there is no such hierarchy, or the process stands outside the part that is mounted.
 */
export function findOwnCgroup(mountinfo: string, ownCgroups: string): string | null {
  const own = /^0::(\/.*)$/m.exec(ownCgroups)?.[1]
  // A path that climbs is seen from inside a cgroup namespace that the process stands outside of.
  if (own === undefined || own.startsWith('/..')) return null
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ')
    if (!after.startsWith('cgroup2 ')) continue
    const [, , , root = '', mountPoint = ''] = before.split(' ')
    const below = posix.relative(unescapeOctal(root), own)
    if (below !== '..' && !below.startsWith('../')) return posix.join(unescapeOctal(mountPoint), below)
  }
  return null
}

/** mountinfo writes spaces and the like as `\040`. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}
