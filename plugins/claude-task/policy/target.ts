import type { Stats } from 'node:fs'
import { lstat, realpath, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { isOddWindowsName } from '../windows-name.ts'

/** What a path that Claude named leads to. */
export interface Target {
  /** Absolute, every link resolved; of a file that does not exist yet, the folders' links. */
  readonly path: string
  /** null: nothing is there yet. */
  readonly found: Stats | null
}

/**
 * Follows a path to what it leads to.
 *
 * @param directory canonical path of the working directory, which a relative name starts from.
 * @returns a string where it leads nowhere: why, to be put behind "the path".
 */
export async function followPath(name: string, directory: string): Promise<Target | string> {
  if (name === '' || /\p{Cc}/u.test(name) || !name.isWellFormed()) return 'is not plain text'
  // The CLI would put its own home folder there.
  if (name.startsWith('~')) return 'begins with ~'
  if (process.platform === 'win32' && isOddWindowsName(name)) return 'names a network share, a device or a stream'
  const missing: string[] = []
  for (let path = resolve(directory, name); ; path = dirname(path)) {
    const existing = await canonical(path)
    if (existing !== undefined) {
      return { path: join(existing, ...missing), found: missing.length === 0 ? await stat(existing) : null }
    }
    // A link to what does not exist yet would let a write make it there, wherever that is.
    if (await isThere(path)) return 'holds a link that leads nowhere, or a folder that cannot be entered'
    if (dirname(path) === path) return 'leads nowhere'
    missing.unshift(basename(path))
  }
}

/** Whether a canonical path is `directory` or below it. */
export function isInside(path: string, directory: string): boolean {
  const way = relative(directory, path)
  // On Windows the way to another drive is an absolute path, hence the last test.
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

function canonical(path: string): Promise<string | undefined> {
  return realpath(path).catch(() => undefined)
}

function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT' && error.code !== 'ENOTDIR',
  )
}
