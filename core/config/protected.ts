import { lstat, readlink } from 'node:fs/promises'
import { dirname, join, parse, resolve } from 'node:path'

/** More links than this lead in circles. */
const MOST_LINKS = 32

/** What is read of a file's or folder's state. */
interface Entry {
  readonly mode: number
  readonly uid: number
  isSymbolicLink(): boolean
  isDirectory(): boolean
}

/**
 * Why somebody other than root (on Windows: than Administrators and the system) could change what a path leads to: its file, the folders
 * above it, and those of every link on the way.
 *
 * @returns one sentence without its full stop, with what to do; undefined: nobody else can.
 * @throws what the file system says.
 */
export async function findUnprotected(path: string): Promise<string | undefined> {
  if (process.platform !== 'win32') return walk(resolve(path), { left: MOST_LINKS })
  const { findUnprotectedOnWindows } = await import('./protected-windows.ts')
  return findUnprotectedOnWindows(resolve(path))
}

/** From the root down: only below a folder that nobody can change does what is found next stay what it is. */
async function walk(path: string, links: { left: number }): Promise<string | undefined> {
  const { root } = parse(path)
  const names = path.slice(root.length).split('/').filter(Boolean)
  const steps = names.map((_, at) => join(root, ...names.slice(0, at + 1)))
  for (const step of [root, ...steps]) {
    const entry = await lstat(step)
    const problem = problemOf(step, entry)
    if (problem !== undefined) return problem
    if (!entry.isSymbolicLink()) continue
    if (links.left-- === 0) return `${path} leads through too many links; name the file itself`
    const target = resolve(dirname(step), await readlink(step))
    const rest = path.slice(step.length)
    return walk(`${target}${rest}`, links)
  }
  return undefined
}

/** A link has no mode of its own; who may replace it is said by its folder. */
function problemOf(path: string, entry: Entry): string | undefined {
  const kind = entry.isDirectory() ? 'folder' : 'file'
  if (entry.uid !== 0)
    return `the ${kind} ${path} belongs to user ${entry.uid}, not to root; run \`chown root ${path}\``
  if (entry.isSymbolicLink()) return undefined
  // In a sticky folder nobody can rename or replace what belongs to root
  const isSticky = entry.isDirectory() && (entry.mode & 0o1000) !== 0
  if ((entry.mode & 0o022) === 0 || isSticky) return undefined
  const mode = (entry.mode & 0o7777).toString(8)
  return `the ${kind} ${path} can be written by others than root (mode ${mode}); run \`chmod go-w ${path}\``
}
