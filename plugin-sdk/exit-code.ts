import { constants } from 'node:os'
import type { RunEnd } from './plugin.ts'

/**
 * A program's end as one number, as shells do it: its exit code as a signed 32-bit integer (Windows counts to 2³²), or 128 + n
 * for signal n. 137 (killed) where nothing is known because it could not be ended.
 */
export function exitCodeOf(end: Pick<RunEnd, 'exitCode' | 'signal'>): number {
  if (end.exitCode !== null) return end.exitCode | 0
  return 128 + ((constants.signals as Record<string, number>)[end.signal ?? 'SIGKILL'] ?? constants.signals.SIGKILL)
}
