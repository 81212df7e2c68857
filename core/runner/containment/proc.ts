import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Reading /proc. Processes come and go meanwhile, so what cannot be read is no longer there or not ours, and never an error. */

function attempt<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}

/** What /proc/PID/stat says of a process. */
export interface ProcessStat {
  readonly state: string
  readonly parent: number
  readonly group: number
  /** Clock ticks from boot to start; with the pid it names a process for as long as the machine is up. */
  readonly startTime: string
}

/** Null where the process is gone. */
export function statOf(pid: number | 'self'): ProcessStat | null {
  const text = attempt(() => readFileSync(`/proc/${pid}/stat`, 'latin1'))
  // The program's name stands in parentheses and may hold anything, spaces and parentheses included.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state, parent, group] = fields ?? []
  const startTime = fields?.[19]
  if (state === undefined || startTime === undefined) return null
  return { state, parent: Number(parent), group: Number(group), startTime }
}

/** Every process that can be seen. */
export function allProcesses(): number[] {
  const names = attempt(() => readdirSync('/proc')) ?? []
  return names.map(Number).filter((pid) => pid > 0)
}

/** The value of an environment variable as the process was started with it. */
export function environmentOf(pid: number, name: string): string | null {
  const text = attempt(() => readFileSync(`/proc/${pid}/environ`, 'latin1'))
  if (text === null) return null
  const start = text.startsWith(`${name}=`) ? 0 : text.indexOf(`\0${name}=`) + 1
  if (start === 0 && !text.startsWith(`${name}=`)) return null
  const end = text.indexOf('\0', start)
  return text.slice(start + name.length + 1, end === -1 ? undefined : end)
}

/** What a link under /proc/PID points to, e.g. `fd/3` or `ns/pid`. */
export function linkOf(pid: number | 'self', link: string): string | null {
  return attempt(() => readlinkSync(`/proc/${pid}/${link}`))
}

/** A process and all it descends from. */
export function lineageOf(pid: number): ReadonlySet<number> {
  const lineage = new Set<number>()
  for (let at = pid; at > 0 && !lineage.has(at); at = statOf(at)?.parent ?? 0) lineage.add(at)
  return lineage
}
