import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { waitUntil } from '../helpers/wait-until.ts'
import type { Life } from './site.ts'

/** Makes system calls of a running agent fail or wait, until it is called off. */
export interface Injection {
  end(): Promise<void>
}

/** @param what for strace, e.g. `fdatasync,fsync:error=EIO`. */
export async function injectInto(life: Life, what: string): Promise<Injection> {
  const calls = what.slice(0, what.indexOf(':'))
  const args = ['-f', '-o', '/dev/null', '-e', `trace=${calls}`, '-e', `inject=${what}`, '-p', String(life.pid())]
  const strace: ChildProcess = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  strace.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ended = once(strace, 'exit')
  await waitUntil('strace to be there', () => said.includes('attached') || strace.exitCode !== null)
  if (strace.exitCode !== null) throw new Error(`strace could not be attached: ${said}`)
  return {
    async end() {
      strace.kill('SIGINT')
      await ended
    },
  }
}

/** A small file system of its own for a data folder. */
export interface SmallDisk {
  readonly directory: string
  /** Takes all the room there is, to the last byte. */
  fill(): void
  empty(): void
  unmount(): void
}

export async function mountSmallDisk(directory: string, mebibytes: number): Promise<SmallDisk> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=700`, 'tmpfs', directory])
  const filler = path.join(directory, 'filler')
  return {
    directory,
    fill() {
      const fd = openSync(filler, 'a')
      for (const bytes of [65_536, 4096, 1]) {
        try {
          for (;;) writeSync(fd, Buffer.alloc(bytes))
        } catch {
          // Full for writes of this size; smaller ones may still fit.
        }
      }
      closeSync(fd)
    },
    empty: () => unlinkSync(filler),
    unmount: () => void execFileSync('umount', ['-l', directory]),
  }
}

/** Changes the soft limit of a running process. @param what e.g. `nofile=64:`. */
export function limit(life: Life, what: string): void {
  execFileSync('prlimit', ['--pid', String(life.pid()), `--${what}`])
}
