import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { localError } from '../local/contract.ts'
import { type LogDestination, writeInBackground } from './destination.ts'

export interface LogFileOptions {
  readonly file: string
  /** The file is set aside once it holds so many bytes. A line is never split, and a burst of lines may go beyond. */
  readonly maxBytes: number
  /** How many files to keep, the current one included: `file`, `file.1` (the newest of the old), … */
  readonly files: number
}

/**
 * Opens a log file that is set aside at a size.
 *
 * @throws LocalError `LOG_UNWRITABLE`.
 */
export function openLogFile({ file, maxBytes, files }: LogFileOptions): LogDestination {
  let { descriptor, size } = open(file)

  function setAsideIfFull(): number {
    if (size < maxBytes) return descriptor
    try {
      shift(file, files)
      const next = open(file)
      closeSync(descriptor)
      descriptor = next.descriptor
      size = next.size
    } catch {
      // A folder that allows no renaming: the log goes on, and it is tried again after as much once more
      size = 0
    }
    return descriptor
  }

  return writeInBackground(setAsideIfFull(), (bytes) => {
    size += bytes
    return setAsideIfFull()
  })
}

function open(file: string): { descriptor: number; size: number } {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    const descriptor = openSync(file, 'a', 0o600)
    return { descriptor, size: fstatSync(descriptor).size }
  } catch (error) {
    const message = `The log cannot be written to ${file}: ${(error as Error).message}; mend that, or set another log.file.`
    throw localError('LOG_UNWRITABLE', message, error)
  }
}

/** Moves `file` to `file.1`, that to `file.2` and so on; the last one goes. */
function shift(file: string, files: number): void {
  const names = [file, ...Array.from({ length: files - 1 }, (_, index) => `${file}.${index + 1}`)]
  rmSync(names.at(-1) as string, { force: true })
  for (const [index, older] of names.entries().drop(1).toArray().reverse())
    renameIfThere(names[index - 1] as string, older)
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
