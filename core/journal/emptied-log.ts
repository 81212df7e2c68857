import * as fs from 'node:fs'

/** The head of a log; see sqlite.org/fileformat2. */
export const HEADER_BYTES = 32
/** What each of its frames repeats of that. */
const SALTS = { at: 16, bytes: 8 } as const
/** Without its last bit, which tells the order of bytes in checksums. */
const MAGIC = 0x377f0682 >>> 1

/** In the place of the magic number: what follows is in the database. As long as what is before the salts. */
const EMPTIED = Buffer.from('all is copied\n\0\0', 'latin1')

/** Whether SQLite takes this for the head of a log, if its checksum is right. */
export function hasMagic(head: Buffer): boolean {
  return head.length >= HEADER_BYTES && head.readUInt32BE(0) >>> 1 === MAGIC
}

/**
 * Empties a log whose content is in the database, synced, and leaves its file on the disk: what is written over later needs no room to be
 * found and no size to be noted, so that its sync takes half the time. For SQLite a log without its head is empty; it begins the next one
 * at the start of the file, with other salts, so that it takes nothing that is left of this one for a part of it.
 *
 * The caller syncs before anything else is done to the file: of a log with its old head, a part would be taken for all of it.
 */
export function emptyLog(fd: number): void {
  const head = Buffer.alloc(HEADER_BYTES)
  EMPTIED.copy(head)
  if (fs.readSync(fd, head, SALTS.at, SALTS.bytes, SALTS.at) > 0) fs.writeSync(fd, head, 0, HEADER_BYTES, 0)
}

/** Gives back what an emptied log has beyond so many bytes. @returns how many are left. */
export function shortenLog(fd: number, bytes: number): number {
  const { size } = fs.fstatSync(fd)
  if (size > bytes) fs.ftruncateSync(fd, bytes)
  return Math.min(size, bytes)
}

/** Whether SQLite has begun the log anew. */
export function isBegun(fd: number): boolean {
  const head = Buffer.alloc(HEADER_BYTES)
  return hasMagic(head.subarray(0, fs.readSync(fd, head, 0, HEADER_BYTES, 0)))
}

/** The salts of what is left in an emptied log; undefined where it is none. */
export function saltsOfEmptied(log: Buffer): Buffer | undefined {
  if (!log.subarray(0, EMPTIED.length).equals(EMPTIED)) return undefined
  return log.subarray(SALTS.at, SALTS.at + SALTS.bytes)
}
