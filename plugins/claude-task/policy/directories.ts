import { realpath } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { CommandError, type Directory, type ExplainContext } from '@gururmm/plugin-sdk'
import type { Security } from '../config-schema.ts'
import { isInside } from './target.ts'

const KEY = 'plugins.claude_task.config.security.baseDirectories'

/** Where tasks ran before the base was configurable; Windows machines already have it. */
const WINDOWS_BASE = 'C:\\Shares\\test'

/** A directory that tasks may run in. */
export interface BaseDirectory {
  /** Absolute; its links are not resolved. */
  readonly path: string
  readonly access: 'read-only' | 'read-write'
}

/**
 * The directories that tasks are confined to; never empty. What the config does not call read-write is read-only.
 *
 * @throws CommandError `BASE_DIRECTORY_UNSET` (refused) where the operator named none and the platform has no default.
 */
export function baseDirectories(
  security: Security,
  platform: NodeJS.Platform = process.platform,
): readonly [BaseDirectory, ...BaseDirectory[]] {
  const [first, ...others] = security.baseDirectories.map(asBase)
  if (first !== undefined) return [first, ...others]
  if (platform === 'win32') return [{ path: WINDOWS_BASE, access: 'read-only' }]
  throw new CommandError(
    'BASE_DIRECTORY_UNSET',
    `No base directory is configured for Claude tasks: the operator has to name at least one in ${KEY}.`,
    { refused: true, rule: KEY },
  )
}

function asBase(configured: Security['baseDirectories'][number]): BaseDirectory {
  if (typeof configured === 'string') return { path: configured, access: 'read-only' }
  return { path: configured.path, access: configured.access ?? 'read-only' }
}

/**
 * The access of the base directory that a directory lies in; of several the innermost decides.
 *
 * @param directory canonical path.
 */
export async function accessOf(directory: string, bases: readonly BaseDirectory[]): Promise<BaseDirectory['access']> {
  const found = await Promise.all(
    bases.map(async ({ path, access }) => ({ path: await realpath(path).catch(() => null), access })),
  )
  const holding = found.filter(({ path }) => path !== null && isInside(directory, path))
  const [innermost] = holding.toSorted((a, b) => (b.path?.length ?? 0) - (a.path?.length ?? 0))
  return innermost?.access ?? 'read-only'
}

/**
 * The directory that a task asks for, not yet checked: none is the first base directory, a relative one lies below it. The rest is
 * for `ctx.openDirectory()`, which sees through links and `..`.
 */
export function requestedDirectory(workingDirectory: string | null | undefined, firstBase: string): string {
  if (workingDirectory === undefined || workingDirectory === null) return firstBase
  return isAbsolute(workingDirectory) ? workingDirectory : join(firstBase, workingDirectory)
}

/**
 * Opens the directory that a task asks for.
 *
 * @throws CommandError `DIRECTORY_OUTSIDE` with the key that decides, and the others of `ctx.openDirectory()`.
 */
export async function openTaskDirectory(
  ctx: Pick<ExplainContext, 'openDirectory'>,
  workingDirectory: string | null | undefined,
  bases: readonly [BaseDirectory, ...BaseDirectory[]],
): Promise<Directory> {
  const within = bases.map(({ path }) => path)
  try {
    return await ctx.openDirectory(requestedDirectory(workingDirectory, bases[0].path), within)
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string }
    if (code !== 'DIRECTORY_OUTSIDE') throw error
    throw new CommandError(code, message, { refused: true, rule: KEY, cause: error })
  }
}
