import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { open, readdir, readlink, rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { compilePatterns } from '../policy/patterns.ts'

/** So many entries of a working directory are looked at before commands may run in it. */
const MAX_ENTRIES = 200_000
/** So many are found: each becomes a mount. */
const MAX_FOUND = 1000

/** What of a working directory patterns cover. */
export interface Covered {
  readonly found: readonly { readonly path: string; readonly isFolder: boolean }[]
  /** Everything was looked at. */
  readonly complete: boolean
}

/** Finds what patterns cover below a directory; what is below a covered folder is covered with it. Links are not followed. */
export async function findCovered(directory: string, patterns: readonly string[]): Promise<Covered> {
  const compiled = compilePatterns(patterns)
  const found: { path: string; isFolder: boolean }[] = []
  const folders = [directory]
  let seen = 0
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      if (++seen > MAX_ENTRIES || found.length >= MAX_FOUND) return { found, complete: false }
      // A link is no place to mount upon; what it leads to is found by its own name, or not there at all.
      if (entry.isSymbolicLink()) continue
      const path = join(folder, entry.name)
      const isFolder = entry.isDirectory()
      if (compiled.covering(path) !== undefined) found.push({ path, isFolder })
      else if (isFolder) folders.push(path)
    }
  }
  return { found, complete: true }
}

/**
 * Takes the effect from files that commands made though they may not: those that were there could not be changed, but a missing
 * one cannot be kept from being made. Each gets another name beside its old one.
 *
 * @param before what was there, as {@link findCovered} found it.
 * @returns the old names of those that were made.
 */
export async function setAside(
  directory: string,
  patterns: readonly string[],
  before: Covered,
): Promise<readonly string[]> {
  const known = new Set(before.found.map(({ path }) => path))
  const made = (await findCovered(directory, patterns)).found.filter(({ path }) => !known.has(path))
  const moved = await Promise.all(made.map(({ path }) => renameAside(path)))
  return made.filter((_, at) => moved[at]).map(({ path }) => path)
}

/** By the descriptor of its folder: a folder that is swapped for a link meanwhile leads nowhere. */
async function renameAside(path: string): Promise<boolean> {
  const folder = dirname(path)
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY).catch(() => null)
  if (handle === null) return false
  try {
    const pinned = `/proc/self/fd/${handle.fd}`
    if ((await readlink(pinned)) !== folder) return false
    const name = basename(path)
    await rename(join(pinned, name), join(pinned, `${name}.set-aside-${randomBytes(4).toString('hex')}`))
    return true
  } catch {
    return false
  } finally {
    await handle.close()
  }
}
