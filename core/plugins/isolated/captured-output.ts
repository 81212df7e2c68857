import type { Readable } from 'node:stream'
import type { Logger } from '@gururmm/plugin-sdk'

/** Longer lines are cut, in UTF-16 units. */
const MAX_LINE = 4096
/** In a window no more than so much is read; the writer waits. */
const WINDOW_MS = 100
const WINDOW_BYTES = 262_144
/** And no more than so many lines are logged. */
const WINDOW_LINES = 20
/** What is kept for the cause of a crash. */
const MAX_LAST = 8192

/** Writes into the log what a plugin's process writes on its own, and keeps the end of stderr. */
export function captureOutput(stdout: Readable, stderr: Readable, logger: Logger): { lastErrors(): string } {
  let last = ''
  capture(stdout, (line) => logger.info({ output: line }, 'the plugin wrote to stdout'))
  capture(
    stderr,
    (line) => logger.warn({ output: line }, 'the plugin wrote to stderr'),
    (text) => {
      last = (last + text).slice(-MAX_LAST)
    },
  )
  return { lastErrors: () => last }
}

function capture(stream: Readable, log: (line: string) => void, see: (text: string) => void = () => {}): void {
  let partial = ''
  let bytes = 0
  let lines = 0
  let windowEnd = 0

  const begin = (): void => {
    const now = performance.now()
    if (now < windowEnd) return
    windowEnd = now + WINDOW_MS
    bytes = 0
    lines = 0
  }
  const take = (line: string): void => {
    if (line.trim() !== '' && ++lines <= WINDOW_LINES) log(line)
  }
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    begin()
    see(text)
    const [head = '', ...others] = text.split('\n', 1 + WINDOW_LINES * 2)
    partial = (partial + head).slice(0, MAX_LINE)
    for (const next of others) {
      take(partial)
      partial = next.slice(0, MAX_LINE)
    }
    bytes += text.length
    if (bytes < WINDOW_BYTES) return
    stream.pause()
    setTimeout(() => stream.resume(), windowEnd - performance.now())
  })
  stream.on('end', () => take(partial))
  stream.on('error', () => {})
}
