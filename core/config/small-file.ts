import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs'

/**
 * Reads a file of the config: a few kilobytes beside it, before which an agent can do nothing. At once, for the way through Node's
 * threads is longer than the reading, the more so on a busy machine.
 *
 * @param check is asked about the opened file before it is read, so that it cannot be exchanged in between; throws where it will not do.
 * @throws what the file system says, and what `check` throws.
 */
export function readSmallFile(path: string, check: (stat: Stats) => void): Buffer {
  // Not blocking: a named pipe under this name would hold the agent for ever
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    check(fstatSync(file))
    return readFileSync(file)
  } finally {
    closeSync(file)
  }
}
