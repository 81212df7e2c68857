import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

/** Memory is read from /proc; elsewhere there are no rows of it. */
export const CAN_READ_MEMORY = process.platform === 'linux'

/** Resident memory of some processes together, in MiB. What they share is counted for each. */
export function residentMiB(pids: readonly number[]): number {
  return sumOf(pids, 'VmRSS')
}

/** The most that was resident since {@link forgetPeak}, in MiB: each process's own peak, added up. */
export function peakMiB(pids: readonly number[]): number {
  return sumOf(pids, 'VmHWM')
}

/** Begins the peak anew. */
export function forgetPeak(pids: readonly number[]): void {
  for (const pid of pids) writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

/** A process and those below it that run a program of this name (as the kernel knows it: 15 characters). */
export function processesBelow(root: number, name: string): readonly number[] {
  const parents = new Map<number, number>()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const stat = attempt(() => readFileSync(`/proc/${entry}/stat`, 'latin1'))
    const [, command, rest = ''] = /^\d+ \((.*)\) (.*)$/s.exec(stat ?? '') ?? []
    if (command === name) parents.set(Number(entry), Number(rest.split(' ')[1]))
  }
  const below = (pid: number | undefined): boolean => pid !== undefined && (pid === root || below(parents.get(pid)))
  return [...parents.keys()].filter(below)
}

function sumOf(pids: readonly number[], field: string): number {
  const pattern = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm')
  const kilobytes = pids.map((pid) => {
    const status = attempt(() => readFileSync(`/proc/${pid}/status`, 'latin1'))
    return Number(pattern.exec(status ?? '')?.[1] ?? Number.NaN)
  })
  return kilobytes.reduce((sum, each) => sum + each, 0) / 1024
}

/** Processes come and go while /proc is read. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
