import { join, relative, sep } from 'node:path'
import { type LookLimits, lookAt, lookAtTree, type Sight, type TreeLook } from './look.ts'

/** How one path differs from what it was before the task. */
export interface FileChange {
  /** Relative to the working directory, with `/` between. */
  readonly path: string
  readonly change: 'created' | 'changed' | 'removed'
  readonly kind: Sight['kind']
  /** Hex; null: there was nothing, or it is not known. */
  readonly before: string | null
  readonly after: string | null
  /** In bytes; null: there is nothing any more. */
  readonly size: number | null
}

/** What changed in the working directory while a task ran, by whomever. */
export interface Changes {
  /** Ordered by path. */
  readonly files: readonly FileChange[]
  /** How many more changed than are listed. */
  readonly leftOut: number
  /** False: the tree was too large or not readable, so there may be changes that are not told. */
  readonly complete: boolean
}

/** The working directory under observation. */
export interface ChangeWatch {
  /** Settles when the state before is known: nothing that writes may begin earlier. Never rejects. */
  readonly ready: Promise<void>
  /**
   * Looks at one file now, by its absolute path below the directory: it is about to be written, and the tree may be too large to be
   * known whole. Later calls for it change nothing. Never rejects.
   */
  lookFirst(file: string): Promise<void>
  /** What changed since. */
  changes(): Promise<Changes>
}

/** A first look costs about 0.1 ms a file and 1 ms a MiB, all of it beside the event loop: half a second at most. */
const LIMITS: LookLimits = { maxEntries: 5000, maxBytes: 32 * 1024 * 1024 }
/** A file that is about to be written is read up to this size. */
const MAX_SINGLE_BYTES = 64 * 1024 * 1024
/** A result should stay small. */
const MAX_LISTED = 200

/** Watches a task's directory by comparing two looks at it: the file system's own notices get lost under load, and tell no content. */
export function watchChanges(root: string, limits: LookLimits = LIMITS, maxListed: number = MAX_LISTED): ChangeWatch {
  const looks = new Map<string, Promise<void>>()
  const looked = new Map<string, Sight | null>()
  let before: TreeLook = { entries: new Map(), complete: false }
  const ready = lookAtTree(root, limits).then((look) => {
    before = look
  })

  async function lookFirst(path: string): Promise<void> {
    await ready
    const known = before.entries.get(path)
    const isKnown = known === undefined ? before.complete : known.kind !== 'file' || known.sha256 !== null
    if (isKnown) return
    const sight = await lookAt(join(root, path), MAX_SINGLE_BYTES)
    // Written since the first look: what it held then nobody can tell any more.
    if (known === undefined || known.stamp === sight?.stamp) looked.set(path, sight)
  }

  return {
    ready,
    async lookFirst(file) {
      const path = relative(root, file).split(sep).join('/')
      // One at a time may be in hand for a file: after the first, it may already be written.
      const look = looks.get(path) ?? lookFirst(path)
      looks.set(path, look)
      await look
    },
    async changes() {
      await ready
      const after = await lookAtTree(root, limits, before)
      const singles = [...looked.keys()].filter((path) => (after.entries.get(path)?.sha256 ?? null) === null)
      const now = new Map(after.entries)
      for (const path of singles) {
        const sight = await lookAt(join(root, path), MAX_SINGLE_BYTES)
        if (sight !== null) now.set(path, sight)
      }
      const files = differences({ before, looked, now, nowComplete: after.complete })
      return {
        files: files.slice(0, maxListed),
        leftOut: Math.max(0, files.length - maxListed),
        complete: before.complete && after.complete,
      }
    },
  }
}

interface Looks {
  readonly before: TreeLook
  /** Looked at one by one before they were written. */
  readonly looked: ReadonlyMap<string, Sight | null>
  readonly now: ReadonlyMap<string, Sight>
  readonly nowComplete: boolean
}

function differences({ before, looked, now, nowComplete }: Looks): FileChange[] {
  const paths = new Set([...before.entries.keys(), ...looked.keys(), ...now.keys()])
  return [...paths]
    .sort((a, b) => (a < b ? -1 : 1))
    .flatMap((path) => {
      const first = looked.get(path) ?? before.entries.get(path)
      const last = now.get(path)
      // What one of the looks did not reach says nothing.
      if (first === undefined && !looked.has(path) && !before.complete) return []
      if (last === undefined && !nowComplete && !looked.has(path)) return []
      const change = changeOf(first ?? null, last ?? null)
      return change === null ? [] : [{ path, ...change }]
    })
}

function changeOf(first: Sight | null, last: Sight | null): Omit<FileChange, 'path'> | null {
  if (first === null && last === null) return null
  const facts = { before: first?.sha256 ?? null, after: last?.sha256 ?? null, size: last?.bytes ?? null }
  if (last === null) return { change: 'removed', kind: (first as Sight).kind, ...facts }
  if (first === null) return { change: 'created', kind: last.kind, ...facts }
  if (first.stamp === last.stamp) return null
  // Touched and not changed
  if (first.kind === last.kind && facts.before !== null && facts.before === facts.after) return null
  return { change: 'changed', kind: last.kind, ...facts }
}
