import { type FileHandle, open } from 'node:fs/promises'
import { Sema } from 'async-sema'

/** A disk that has not answered for so long is left alone until it does, in ms. */
const STALL_MS = 5000
/** Node has four threads for all files, and for looking up the server's name; a slow disk must not take them all. */
const AT_ONCE = 2

/** Does work with files, a little at a time. */
export interface SpoolDisk {
  /**
   * Does the work when its turn comes.
   *
   * @throws what the work throws; Error where the disk stalls. The work may then still go on.
   */
  run<T>(work: () => Promise<T>): Promise<T>
}

export function createSpoolDisk(stallMs: number = STALL_MS): SpoolDisk {
  const turns = new Sema(AT_ONCE)
  let stalled = 0
  return {
    async run(work) {
      if (stalled > 0) throw stallError(stallMs)
      let abandoned = false
      const working = inTurn(turns, () => (abandoned ? Promise.reject(stallError(stallMs)) : work()))
      const late = Promise.withResolvers<never>()
      const timer = setTimeout(() => {
        abandoned = true
        stalled++
        const over = (): void => void stalled--
        working.then(over, over)
        late.reject(stallError(stallMs))
      }, stallMs)
      try {
        return await Promise.race([working, late.promise])
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

async function inTurn<T>(turns: Sema, work: () => Promise<T>): Promise<T> {
  await turns.acquire()
  try {
    return await work()
  } finally {
    turns.release()
  }
}

function stallError(ms: number): Error {
  return new Error(`the disk has not answered for ${ms / 1000} s`)
}

/** Writes all of it: the system may take less than it was given, and say so only by the count. */
export async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}

/** @returns fewer bytes where the file has no more. */
export async function readRange(path: string, offset: number, length: number): Promise<Buffer> {
  const file = await open(path, 'r')
  try {
    const bytes = Buffer.allocUnsafe(length)
    let done = 0
    for (;;) {
      const { bytesRead } = await file.read(bytes, done, length - done, offset + done)
      done += bytesRead
      if (bytesRead === 0 || done === length) return bytes.subarray(0, done)
    }
  } finally {
    await file.close()
  }
}
