import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { constants } from 'node:fs'
import { lstat, open, readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'

/** What lay at one path at one moment. */
export interface Sight {
  readonly kind: 'file' | 'directory' | 'link' | 'other'
  readonly bytes: number
  /** Equal as long as nobody wrote to it, as far as the file system tells. */
  readonly stamp: string
  /** Hex, of the content (of a link: of where it leads); null: none, or it was not read. */
  readonly sha256: string | null
}

/** What a look may cost. */
export interface LookLimits {
  /** So many entries of the tree are looked at. */
  readonly maxEntries: number
  /** So much content is read for digests, in bytes; of what is over it only size and time are known. */
  readonly maxBytes: number
}

/** A tree at one moment: by path relative to its root, with `/` between. */
export interface TreeLook {
  readonly entries: ReadonlyMap<string, Sight>
  /** Everything was looked at. Contents may be unread all the same: {@link Sight.sha256}. */
  readonly complete: boolean
}

/**
 * Looks at everything below `root`, breadth first; links are not followed.
 *
 * @param known an earlier look: what has its stamp still is not read again.
 */
export async function lookAtTree(root: string, limits: LookLimits, known?: TreeLook): Promise<TreeLook> {
  const entries = new Map<string, Sight>()
  const folders = ['']
  let room = limits.maxBytes
  let complete = true
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    const names = await readdir(join(root, folder)).catch(() => null)
    if (names === null) complete = false
    for (const name of names ?? []) {
      if (entries.size >= limits.maxEntries) return { entries, complete: false }
      const path = folder === '' ? name : `${folder}/${name}`
      const sight = await lookAt(join(root, path), room, known?.entries.get(path))
      if (sight === null) continue
      entries.set(path, sight)
      if (sight.kind === 'directory') folders.push(path)
      if (sight.kind === 'file' && sight.sha256 !== null) room -= sight.bytes
    }
  }
  return { entries, complete }
}

/**
 * Looks at one path.
 *
 * @param maxBytes a larger file is not read.
 * @returns null where nothing is there.
 */
export async function lookAt(path: string, maxBytes: number, known?: Sight): Promise<Sight | null> {
  const found = await lstat(path, { bigint: true }).catch(() => null)
  if (found === null) return null
  const stamp = stampOf(found)
  if (known?.stamp === stamp && known.sha256 !== null) return known
  const kind = kindOf(found)
  const bytes = Number(found.size)
  if (kind === 'link') return { kind, bytes, stamp, sha256: await digestOfLink(path) }
  const isRead = kind === 'file' && bytes <= maxBytes
  return { kind, bytes, stamp, sha256: isRead ? await digestOfFile(path, bytes) : null }
}

function kindOf(found: BigIntStats): Sight['kind'] {
  if (found.isFile()) return 'file'
  if (found.isDirectory()) return 'directory'
  return found.isSymbolicLink() ? 'link' : 'other'
}

/** A directory's times change with what is in it, which is told by itself. */
function stampOf(found: BigIntStats): string {
  const { mode, dev, ino, size, mtimeNs, ctimeNs } = found
  return (found.isDirectory() ? [mode, dev, ino] : [mode, dev, ino, size, mtimeNs, ctimeNs]).join('.')
}

async function digestOfLink(path: string): Promise<string | null> {
  const target = await readlink(path, 'buffer').catch(() => null)
  return target === null ? null : createHash('sha256').update(target).digest('hex')
}

/** Up to here a file is read in one go, which takes a third of the time. */
const AT_ONCE_BYTES = 262_144

async function digestOfFile(path: string, bytes: number): Promise<string | null> {
  // It may have become a pipe or a link since.
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0)
  const file = await open(path, flags).catch(() => null)
  if (file === null) return null
  const hash = createHash('sha256')
  try {
    if (!(await file.stat()).isFile()) return null
    if (bytes <= AT_ONCE_BYTES) hash.update(await file.readFile())
    else for await (const chunk of file.createReadStream({ autoClose: false })) hash.update(chunk)
    return hash.digest('hex')
  } catch {
    return null
  } finally {
    await file.close()
  }
}
