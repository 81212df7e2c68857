import { constants } from 'node:fs'
import { open, realpath, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'

const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants
/** A piece this small is searched in a moment, so a cancel is soon noticed. */
const PIECE_BYTES = 65_536

/**
 * Opens a regular file. Afterwards looks whether its path still leads to it, without a link on the way: a folder that was swapped
 * for a link meanwhile leads nowhere.
 *
 * @throws Error with a `code`: what the system says, or `not_a_file`, `changed`.
 */
export async function openFile(path) {
  const handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  try {
    const [held, named, real] = await Promise.all([handle.stat(), stat(path), realpath(path)])
    if (!held.isFile()) throw skipped('not_a_file')
    if (real !== path || held.ino !== named.ino || held.dev !== named.dev) throw skipped('changed')
    return { handle, size: held.size }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/**
 * The content from `start` up to the size it had when it was opened (a log that grows while it is read still has an end), piece by
 * piece, unpacked where it is gzip.
 *
 * @throws Error with the `code` `binary` where its first piece has a zero byte.
 */
export async function* contentOf({ handle, size }, { start, isPacked }) {
  if (start >= size) return
  const bytes = handle.createReadStream({ start, end: size - 1, highWaterMark: PIECE_BYTES, autoClose: false })
  // Whatever goes wrong in either shows up where the last one is read
  const pieces = isPacked ? pipeline(bytes, createGunzip({ chunkSize: PIECE_BYTES }), () => {}) : bytes
  let isFirst = true
  for await (const piece of pieces) {
    if (isFirst && piece.includes(0)) throw skipped('binary')
    isFirst = false
    yield piece
  }
}

/** An error that says why a file is passed over. */
export function skipped(reason) {
  return Object.assign(new Error(reason), { code: reason })
}
