import { constants } from 'node:fs'
import { lstat, open, readlink, realpath, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CommandError } from '@gururmm/plugin-sdk'
import { isInside } from '../policy/target.ts'
import type { Content } from './arguments.ts'

/**
 * Device and inode of the directory that really lies at a canonical path, as `stat -c %d:%i` says them.
 *
 * @throws CommandError `DIRECTORY_OUTSIDE` (refused) where something else lies there by now.
 */
export async function identityOf(directory: string): Promise<string> {
  const handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY).catch((cause) => {
    throw movedAway(directory, cause)
  })
  try {
    if ((await readlink(`/proc/self/fd/${handle.fd}`)) !== directory) throw movedAway(directory)
    const { dev, ino } = await handle.stat({ bigint: true })
    return `${dev}:${ino}`
  } finally {
    await handle.close()
  }
}

/** What became of a directory that was swapped after it was checked. */
export function movedAway(directory: string, cause?: unknown): CommandError {
  const message = `The directory ${JSON.stringify(directory)} was replaced while the task was started in it, so the task was not run.`
  return new CommandError('DIRECTORY_OUTSIDE', message, { refused: true, cause })
}

/** Those of some absolute paths that lie in the directory, their links resolved. */
export async function hiddenInside(paths: readonly string[], directory: string): Promise<Content['hidden']> {
  const hidden = new Map<string, boolean>()
  for (const path of paths) {
    const real = await realpath(path).catch(() => null)
    if (real === null || !isInside(real, directory)) continue
    const found = await lstat(real).catch(() => null)
    if (found !== null) hidden.set(real, found.isDirectory())
  }
  return outermost([...hidden].map(([path, isFolder]) => ({ path, isFolder })))
}

/** What lies in a folder that is closed is so already, and cannot be mounted over. */
function outermost(hidden: Content['hidden']): Content['hidden'] {
  return hidden.filter(
    ({ path }) => !hidden.some((other) => other.path !== path && isInside(dirname(path), other.path)),
  )
}

/** Writes the accounts that a sandbox knows: the one that it runs under. */
export async function writeAccounts(folder: string, uid: number): Promise<void> {
  const name = uid === 0 ? 'root' : 'task'
  await writeFile(join(folder, 'passwd'), `${name}:x:${uid}:${uid}::/run/claude/home:/bin/sh\n`, { mode: 0o644 })
  await writeFile(join(folder, 'group'), `${name}:x:${uid}:\n`, { mode: 0o644 })
}
