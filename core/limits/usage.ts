import type { By } from './windows.ts'

/** What one command used, and when it started, in ms. */
export interface Spent {
  readonly at: number
  readonly value: number
}

/** What the results of a type's commands tell of one key of their `usage`; see DurableJournal.usageSince. */
export type UsageSince = (type: string, key: string, since: number, by: By) => Promise<readonly Spent[]>

/** Floats that were added up come out a little beside what people expect of their sum. */
const ROUNDING = 1e-9

export function sumOf(spent: readonly Spent[]): number {
  return spent.reduce((sum, { value }) => sum + value, 0)
}

/** Whether the ceiling is reached. */
export function isSpent(spent: readonly Spent[], max: number): boolean {
  return sumOf(spent) >= max - ROUNDING
}

/** When enough has left the window again, in ms; undefined: never, for nothing is allowed. */
export function freeAgainAt(spent: readonly Spent[], max: number, windowMs: number): number | undefined {
  let rest = sumOf(spent)
  for (const { at, value } of spent) {
    rest -= value
    if (rest < max - ROUNDING) return at + windowMs
  }
  return undefined
}
