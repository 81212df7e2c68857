import { uptime } from 'node:os'
import type { JournalClock } from './contract.ts'

/** How long one reading of the machine's uptime serves; it costs a file to be opened. */
const READING_MS = 1000

export const systemClock: JournalClock = { now: Date.now, uptime: cachedUptime() }

/** Between readings the process's own clock goes on, which stands still while the machine sleeps; the next reading makes up for it. */
function cachedUptime(): () => number {
  let reading = 0
  let readAt = Number.NEGATIVE_INFINITY
  return () => {
    const since = performance.now() - readAt
    if (since < READING_MS) return reading + since
    // Rounded by the system: never less than what was said before.
    reading = Math.max(uptime() * 1000, readAt < 0 ? 0 : reading + since)
    readAt = performance.now()
    return reading
  }
}

/**
 * Time that never runs backwards, neither within a process nor from one to the next. Rate windows and retention are measured
 * in it, so that a jump of the wall clock empties no window and forgets no id. Where the wall clock was set back between two
 * processes, time goes on from the last moment recorded: windows last longer than they need to, never shorter.
 *
 * @param lastSeen the latest time that an earlier process recorded.
 */
export function steadyClock(clock: JournalClock, lastSeen: number): () => number {
  const start = Math.max(clock.now(), lastSeen)
  const startedAt = clock.uptime()
  return () => start + (clock.uptime() - startedAt)
}
