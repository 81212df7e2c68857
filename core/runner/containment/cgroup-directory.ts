import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmdirSync,
  write as writeCallback,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { signalProcess } from './containment.ts'

const write = promisify(writeCallback)

/** One cgroup, its files held open so that putting a program in and looking whether it is empty cost a system call each. */
export interface CgroupDirectory {
  readonly path: string
  /** Moves this process in (every thread of it, at once). */
  enter(): void
  /** Moves a process in, off the event loop. */
  move(pid: number): Promise<void>
  isPopulated(): boolean
  dispose(): void
}

const POPULATED = Buffer.from('populated 1')

/** Makes the cgroup. Throws what the file system throws. */
export function createCgroupDirectory(path: string): CgroupDirectory {
  mkdirSync(path, { recursive: true })
  const processes = openSync(join(path, 'cgroup.procs'), 'w')
  const events = openSync(join(path, 'cgroup.events'), 'r')
  const buffer = Buffer.alloc(256)
  return {
    path,
    enter: () => void writeSync(processes, '0'),
    move: (pid) => write(processes, String(pid)).then(() => {}),
    isPopulated() {
      try {
        return buffer.subarray(0, readSync(events, buffer, 0, buffer.length, 0)).includes(POPULATED)
      } catch (error) {
        // Removed by somebody else, which the kernel allows only while it is empty.
        if ((error as NodeJS.ErrnoException).code === 'ENODEV') return false
        throw error
      }
    },
    dispose() {
      closeSync(processes)
      closeSync(events)
      removeCgroup(path)
    },
  }
}

/** Every process in the cgroup and below it. */
export function membersOf(path: string): number[] {
  const below = subdirectories(path).flatMap((name) => membersOf(join(path, name)))
  try {
    // 0 stands for a process of a PID namespace that cannot be seen from here.
    const own = readFileSync(join(path, 'cgroup.procs'), 'latin1').split('\n').map(Number)
    return [...own.filter((pid) => pid > 0), ...below]
  } catch {
    return below
  }
}

/** Kills everything in the cgroup and below it: in one stroke where the kernel can (5.14), else whatever is seen now. */
export function killCgroup(path: string): void {
  const members = membersOf(path)
  // A kill of our own cgroup would be our end; a guard against a fault elsewhere in this room.
  if (members.includes(process.pid)) throw new Error(`refusing to kill cgroup ${path}: this agent is in it`)
  if (existsSync(join(path, 'cgroup.kill'))) writeFileSync(join(path, 'cgroup.kill'), '1')
  else for (const pid of members) signalProcess(pid, 'SIGKILL')
}

/** Removes an empty cgroup with those below it. False where something is still in it. */
export function removeCgroup(path: string): boolean {
  for (const name of subdirectories(path)) removeCgroup(join(path, name))
  try {
    rmdirSync(path)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}

/** Names of the cgroups directly below. */
export function subdirectories(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
  } catch {
    return []
  }
}
