import type { Logger } from '@gururmm/plugin-sdk'
import { isRecord } from './message.ts'

/** In a window no more lines are taken from one plugin; the rest is dropped, and that said once. */
const WINDOW_MS = 1000
const WINDOW_LINES = 100

interface Window {
  end: number
  lines: number
}

const windows = new WeakMap<Logger, Window>()

/** Writes a line that a plugin's process sent. The logger bounds the length and depth of what it is given. */
export function writeLog({ level, line }: Readonly<Record<string, unknown>>, logger: Logger): void {
  const window = windows.get(logger) ?? { end: 0, lines: 0 }
  windows.set(logger, window)
  const now = performance.now()
  if (now >= window.end) Object.assign(window, { end: now + WINDOW_MS, lines: 0 })
  if (++window.lines > WINDOW_LINES) {
    if (window.lines === WINDOW_LINES + 1) logger.warn({}, 'the plugin logs too much; lines of it are left out')
    return
  }
  if (!isLevel(level) || !isRecord(line) || !isRecord(line.fields) || typeof line.message !== 'string') return
  logger[level]({ ...line.fields }, line.message)
}

function isLevel(level: unknown): level is keyof Logger {
  return level === 'debug' || level === 'info' || level === 'warn' || level === 'error'
}
