import { localError } from '../../local/index.ts'

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/**
 * A moment as people write it, in ms since the epoch: `90m` or `7d` ago, a day or a time of this machine's zone (`2026-01-21`,
 * `2026-01-21T17:00`), or RFC 3339.
 *
 * @throws LocalError `USAGE`.
 */
export function readMoment(text: string, now: number = Date.now()): number {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? []
  if (unit !== undefined) return now - Number(count) * UNITS[unit as keyof typeof UNITS]
  // A day alone would be read as one of Greenwich
  const time = Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00` : text)
  if (!Number.isNaN(time)) return time
  const expected = 'a time like 90m, 7d, 2026-01-21, 2026-01-21T17:00 or 2026-01-21T17:00:00Z'
  throw localError('USAGE', `Expected ${expected}, found ${JSON.stringify(text)}.`)
}

/** `2026-01-21 17:03:01` of this machine's zone, or `2026-01-21 17:03:01Z`. */
export function momentText(ms: number, utc: boolean): string {
  if (utc) return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}Z`
  const date = new Date(ms)
  const two = (number: number) => String(number).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** `877 ms`, `12.3 s`, `4 min 5 s`, `3 h 20 min`. */
export function lengthText(ms: number): string {
  if (ms < 1000) return `${ms} ms`
  if (ms < 60_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 60) return `${minutes} min ${Math.floor(ms / 1000) % 60} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
