import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { CommandError } from '@gururmm/plugin-sdk'

/** Who is to read; null: an account that is yet to be made, and so owns nothing. */
export type Reader = { readonly user: string; readonly ids: { readonly uid: number; readonly gid: number } | null }

/**
 * Checks that the service's account can read what it is started with.
 *
 * @throws CommandError `SERVICE_ACCOUNT_UNUSABLE` with the first file or folder on the way that is closed to it.
 */
export function requireReadable(files: readonly string[], reader: Reader): void {
  if (reader.ids?.uid === 0) return
  for (const file of files) {
    const closed = way(file).find((path) => !may(path, path === file ? 4 : 1, reader))
    if (closed === undefined) continue
    const message =
      `The service’s user ${reader.user} may not read ${file}: ${closed} is closed to it. ` +
      'Put it where that user may, e.g. below /opt or /etc/gururmm, or name another one with --user.'
    throw new CommandError('SERVICE_ACCOUNT_UNUSABLE', message, { refused: true })
  }
}

/** By the mode bits; access lists that open more are not looked at. */
function may(path: string, bit: number, { ids }: Reader): boolean {
  const { mode, uid, gid } = statSync(path)
  const shift = uid === ids?.uid ? 6 : gid === ids?.gid ? 3 : 0
  return ((mode >> shift) & bit) !== 0
}

/** From the root to the path. */
function way(path: string): readonly string[] {
  const parent = dirname(path)
  return parent === path ? [path] : [...way(parent), path]
}
