import { type FileHandle, open } from 'node:fs/promises'
import { linesOf } from './lines.ts'

/** An append-only file, one JSON value a line. */
export interface EventLog {
  /** Resolves once the line is on the disk. After a failure every call rejects: what is on the disk is then unknown. */
  append(value: unknown): Promise<void>
  /** Resolves once all that was appended is on the disk; rejects where something is not. */
  saved(): Promise<void>
  close(): Promise<void>
}

/** Keeps nothing. */
export const noLog: EventLog = { append: async () => {}, saved: async () => {}, close: async () => {} }

/**
 * Opens or makes the file (owner-only) and hands each value that it holds to `replay`. What follows the last line end was being
 * written when the server died, was promised to nobody, and is cut off.
 *
 * @throws Error where the file cannot be opened, or a whole line is not JSON.
 */
export async function openEventLog(path: string, replay: (value: unknown) => void): Promise<EventLog> {
  const file = await open(path, 'a+', 0o600)
  try {
    await file.truncate(await replayLines(file, replay))
  } catch (error) {
    await file.close()
    throw error
  }

  let last = Promise.resolve()
  return {
    append(value) {
      const line = `${JSON.stringify(value)}\n`
      last = last.then(async () => {
        await file.appendFile(line)
        await file.datasync()
      })
      last.catch(() => {})
      return last
    },
    saved: () => last,
    close: () => last.catch(() => {}).then(() => file.close()),
  }
}

/** @returns how many bytes the whole lines take. */
async function replayLines(file: FileHandle, replay: (value: unknown) => void): Promise<number> {
  let bytes = 0
  for await (const line of linesOf(file.createReadStream({ encoding: 'utf8', start: 0, autoClose: false }))) {
    replay(JSON.parse(line))
    bytes += Buffer.byteLength(line) + 1
  }
  return bytes
}
