import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The files below a folder, in the order of their names. Links are not followed, and each folder is opened through the agent, which
 * resolves it and sees that it still lies inside an allowed one.
 *
 * @param ctx the command's context.
 * @param seen canonical paths of folders that were walked already; allowed folders may lie in each other.
 * @param onSkipped told of what can't be entered.
 */
export async function* filesBelow(folder, { ctx, recursive, seen, onSkipped }) {
  const { path, entries } = await listFolder(folder, ctx)
  if (seen.has(path)) return
  seen.add(path)
  for (const entry of entries.sort(byName)) {
    ctx.signal.throwIfAborted()
    const below = join(path, entry.name)
    if (entry.isFile()) yield { path: below, name: entry.name }
    else if (entry.isSymbolicLink()) onSkipped(below, 'link')
    else if (entry.isDirectory() && recursive) {
      try {
        yield* filesBelow(below, { ctx, recursive, seen, onSkipped })
      } catch (error) {
        ctx.signal.throwIfAborted()
        onSkipped(below, reasonOf(error))
      }
    }
  }
}

async function listFolder(folder, ctx) {
  const directory = await ctx.openDirectory(folder, ctx.config.folders)
  try {
    return { path: directory.path, entries: await readdir(directory.path, { withFileTypes: true }) }
  } finally {
    await directory.close()
  }
}

function byName(one, other) {
  return one.name < other.name ? -1 : 1
}

const REASONS = {
  EACCES: 'not_permitted',
  EPERM: 'not_permitted',
  ERR_ACCESS_DENIED: 'not_permitted',
  DIRECTORY_OUTSIDE: 'outside',
  DIRECTORY_MISSING: 'not_found',
  ENOENT: 'not_found',
  ELOOP: 'link',
  Z_DATA_ERROR: 'damaged',
  Z_BUF_ERROR: 'damaged',
}

/** Why something was passed over, in a word. */
export function reasonOf(error) {
  return REASONS[error.code] ?? error.code ?? 'unreadable'
}
