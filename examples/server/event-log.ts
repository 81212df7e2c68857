import { open } from 'node:fs/promises'

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
  const content = await file.readFile('utf8')
  const whole = content.slice(0, content.lastIndexOf('\n') + 1)
  if (whole.length < content.length) await file.truncate(Buffer.byteLength(whole))
  for (const line of whole.split('\n')) if (line !== '') replay(JSON.parse(line))

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
