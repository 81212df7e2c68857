import * as fs from 'node:fs'
import { promisify } from 'node:util'

/** What may take as long as the disk likes; off the event loop, on libuv's thread pool. */
export interface Disk {
  /** Writes so many bytes (default: 1) and takes all but one back; answers once the file system takes writes. */
  touch(fd: number, bytes?: number): Promise<void>
  /** Resolves when all that was written to the file is on the disk. */
  sync(fd: number): Promise<void>
  /** Bytes that the file system of a folder has left for us. */
  free(directory: string): Promise<number>
}

const write = promisify(fs.write)
const fdatasync = promisify(fs.fdatasync)
const truncate = promisify(fs.ftruncate)
const fsync = promisify(fs.fsync)

const statfs = promisify(fs.statfs)

const BYTE = Buffer.from('.')

export const realDisk: Disk = {
  async touch(fd, bytes = 1) {
    await write(fd, BYTE, 0, 1, 0)
    if (bytes > 1) await tryWriting(fd, bytes)
  },
  sync: (fd) => fdatasync(fd),
  async free(directory) {
    const { bavail, bsize } = await statfs(directory)
    return bavail * bsize
  },
}

/** A disk with a little room takes the first part of a write without a word; only the next one fails. */
async function tryWriting(fd: number, bytes: number): Promise<void> {
  const trial = Buffer.alloc(bytes, BYTE)
  try {
    for (let at = 1; at < bytes; ) at += (await write(fd, trial, at, bytes - at, at)).bytesWritten
    await fdatasync(fd)
  } finally {
    await truncate(fd, 1)
  }
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
