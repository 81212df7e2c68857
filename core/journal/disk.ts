import * as fs from 'node:fs'
import { promisify } from 'node:util'

/** What may take as long as the disk likes; off the event loop, on libuv's thread pool. */
export interface Disk {
  /** Writes one byte; answers once the file system takes writes. */
  touch(fd: number): Promise<void>
  /** Resolves when all that was written to the file is on the disk. */
  sync(fd: number): Promise<void>
  /** Bytes that the file system of a folder has left for us. */
  free(directory: string): Promise<number>
}

const write = promisify(fs.write)
const fdatasync = promisify(fs.fdatasync)
const fsync = promisify(fs.fsync)

const statfs = promisify(fs.statfs)

const BYTE = Buffer.from('.')

export const realDisk: Disk = {
  async touch(fd) {
    await write(fd, BYTE, 0, 1, 0)
  },
  sync: (fd) => fdatasync(fd),
  async free(directory) {
    const { bavail, bsize } = await statfs(directory)
    return bavail * bsize
  },
}

/** Makes the names in a folder durable. Windows has nothing of the kind and needs none. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const fd = fs.openSync(path, 'r')
  try {
    await fsync(fd)
  } finally {
    fs.closeSync(fd)
  }
}
