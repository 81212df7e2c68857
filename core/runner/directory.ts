import { constants, readlinkSync, realpathSync } from 'node:fs'
import { open, realpath, stat } from 'node:fs/promises'
import { CommandError, type Directory } from '@gururmm/plugin-sdk'
import { isInside, pathProblem } from './paths.ts'
import { quoted } from './spawn-failure.ts'

/** How a program enters a directory that was opened. */
interface Entrance {
  /** What `spawn` takes as the working directory. */
  readonly cwd: string
  /** Looks again, right after the start, whether the directory is still the one that was checked. */
  stillSame(): boolean
}

const entrances = new WeakMap<Directory, Entrance>()

/**
 * Opens an existing directory that lies inside one of `within` once every link is resolved, on both sides.
 *
 * On Linux the directory is opened first and then asked where it is: what was checked is what is held, and a program starts in
 * it by its descriptor, so swapping folders and links meanwhile changes nothing. Elsewhere there is no such way: the path is
 * resolved, checked, and looked at again right after a program was started.
 *
 * @throws CommandError `PATH_INVALID`, `DIRECTORY_MISSING`, `DIRECTORY_OUTSIDE`; all refused.
 */
export async function openDirectory(path: string, within: readonly string[]): Promise<Directory> {
  const problem = pathProblem(path)
  if (problem !== null)
    throw refusal('PATH_INVALID', `The path ${quoted(path)} ${problem}; give a plain absolute path.`)
  return process.platform === 'linux' ? openPinned(path, within) : openResolved(path, within)
}

/**
 * How to start a program in `directory`.
 *
 * @throws CommandError `DIRECTORY_MISSING` where it was closed, or not opened by this agent.
 */
export function entranceOf(directory: Directory): Entrance {
  const entrance = entrances.get(directory)
  if (entrance !== undefined) return entrance
  throw refusal('DIRECTORY_MISSING', `The directory ${quoted(directory.path)} is not open any more; open it again.`)
}

async function openPinned(path: string, within: readonly string[]): Promise<Directory> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY).catch((error: unknown) => {
    throw missing(path, error)
  })
  try {
    const cwd = `/proc/self/fd/${handle.fd}`
    const canonical = readlinkSync(cwd)
    await requireInside(path, canonical, within)
    const directory: Directory = {
      path: canonical,
      async close() {
        if (entrances.delete(directory)) await handle.close()
      },
    }
    entrances.set(directory, { cwd, stillSame: () => true })
    return directory
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** Opens as elsewhere than on Linux. Exported for its tests. */
export async function openResolved(path: string, within: readonly string[]): Promise<Directory> {
  const canonical = await realpath(path).catch((error: unknown) => {
    throw missing(path, error)
  })
  if (!(await stat(canonical)).isDirectory()) throw missing(path)
  await requireInside(path, canonical, within)
  const directory: Directory = {
    path: canonical,
    close: () => Promise.resolve(void entrances.delete(directory)),
  }
  entrances.set(directory, { cwd: canonical, stillSame: () => resolvesTo(canonical) })
  return directory
}

function resolvesTo(canonical: string): boolean {
  try {
    return realpathSync.native(canonical) === canonical
  } catch {
    return false
  }
}

async function requireInside(path: string, canonical: string, within: readonly string[]): Promise<void> {
  for (const base of within) {
    // A base that does not exist holds nothing.
    const canonicalBase = await realpath(base).catch(() => null)
    if (canonicalBase !== null && isInside(canonicalBase, canonical)) return
  }
  const bases = within.length === 0 ? 'none is configured' : within.map(quoted).join(', ')
  const message = `The directory ${quoted(path)} is not inside an allowed base directory (${bases}); name one inside, or let the operator add a base directory.`
  throw refusal('DIRECTORY_OUTSIDE', message)
}

function missing(path: string, cause?: unknown): CommandError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code
  if (code === 'EACCES' || code === 'EPERM') {
    return refusal(
      'DIRECTORY_MISSING',
      `The directory ${quoted(path)} cannot be opened by the agent; give its account access.`,
      cause,
    )
  }
  return refusal(
    'DIRECTORY_MISSING',
    `The directory ${quoted(path)} does not exist or is not a directory; create it, or name another.`,
    cause,
  )
}

function refusal(code: string, message: string, cause?: unknown): CommandError {
  return new CommandError(code, message, { refused: true, cause })
}
