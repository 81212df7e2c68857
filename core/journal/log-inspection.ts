import { existsSync, readFileSync } from 'node:fs'
import { HEADER_BYTES as HEADER, hasMagic, saltsOfEmptied } from './emptied-log.ts'

const FRAME_HEADER = 24
const PAGE_BYTES = 4096

/**
 * A power cut leaves the transactions that were not synced in any state, whole ones behind broken ones too. They are few: every
 * durable one is synced before the next is written. More whole ones than this behind a broken place: that was damage.
 */
const UNSYNCED_TRANSACTIONS = 4

/** Where SQLite's own recovery of a log stops, and what follows there. */
export interface LogInspection {
  /** Whether more follows than a power cut leaves. */
  readonly damaged: boolean
  /** What recovery would drop although it was recorded once, bytes as latin1; empty where there is nothing of the kind. */
  readonly rest: string
}

const SOUND: LogInspection = { damaged: false, rest: '' }

/** Written by hand because SQLite drops the rest of a broken log without a word. The format is that of sqlite.org/fileformat2. */
export function inspectLog(path: string): LogInspection {
  if (!existsSync(path)) return SOUND
  const file = readFileSync(path)
  if (file.length < HEADER + FRAME_HEADER) return SOUND
  const littleEndian = file.readUInt32BE(0) !== 0x377f0683
  const sum = checksum(file, 0, 24, [0, 0], littleEndian)
  const isHeader = hasMagic(file) && holds(file, 24, sum)
  const left = saltsOfEmptied(file)
  // Never written, or not this: a sector is on the disk or it is not.
  const isOther = !isHeader && left === undefined && file.subarray(0, HEADER).some((byte) => byte !== 0)
  if (isOther) return { damaged: true, rest: from(file, 0) }
  const frameBytes = FRAME_HEADER + (isHeader ? file.readUInt32BE(8) : PAGE_BYTES)
  const salts = file.subarray(isHeader ? 16 : HEADER + 8).subarray(0, 8)
  // In the database already.
  if (left?.equals(salts)) return SOUND
  const log = withoutLeftovers(file, frameBytes, salts)
  const count = Math.floor((log.length - HEADER) / frameBytes)
  const frames = { log, frameBytes, littleEndian, salts, count }
  const { valid, recovered } = isHeader ? leadingFrames(frames, sum) : { valid: 0, recovered: 0 }
  const commits = commitsFrom(frames, valid + 1)
  // What ends in the middle of a transaction was never recorded. Of a log without its head that can't be told.
  if (isHeader && commits === 0) return SOUND
  const start = recovered === 0 ? 0 : HEADER + recovered * frameBytes
  return { damaged: commits > UNSYNCED_TRANSACTIONS, rest: from(log, start) }
}

/** A log up to the last frame of its own: what follows is left of one before it, and in the database already. */
function withoutLeftovers(log: Buffer, frameBytes: number, salts: Buffer): Buffer {
  const count = Math.floor((log.length - HEADER) / frameBytes)
  let own = count
  while (
    own > 0 &&
    !log
      .subarray(HEADER + (own - 1) * frameBytes + 8)
      .subarray(0, 8)
      .equals(salts)
  )
    own--
  return own === count ? log : log.subarray(0, HEADER + own * frameBytes)
}

function from(log: Buffer, start: number): string {
  return log.toString('latin1', start)
}

interface Frames {
  readonly log: Buffer
  readonly frameBytes: number
  readonly littleEndian: boolean
  /** Of this generation of the log. */
  readonly salts: Buffer
  readonly count: number
}

type Sum = readonly [number, number]

/** `valid`: frames before the broken place; `recovered`: those of them that SQLite takes, up to the end of a transaction. */
function leadingFrames(frames: Frames, headerSum: Sum): { readonly valid: number; readonly recovered: number } {
  let sum = headerSum
  let recovered = 0
  for (let index = 0; index < frames.count; index++) {
    const next = frameSum(frames, index, sum)
    if (next === undefined) return { valid: index, recovered }
    sum = next
    if (isCommit(frames, index)) recovered = index + 1
  }
  return { valid: frames.count, recovered }
}

/** How many transactions end behind the broken place, each frame right by the checksum that its forerunner carries. */
function commitsFrom(frames: Frames, from: number): number {
  let commits = 0
  for (let index = Math.max(1, from); index < frames.count && commits <= UNSYNCED_TRANSACTIONS; index++) {
    const before = HEADER + (index - 1) * frames.frameBytes
    const sum: Sum = [frames.log.readUInt32BE(before + 16), frames.log.readUInt32BE(before + 20)]
    if (isCommit(frames, index) && frameSum(frames, index, sum) !== undefined) commits++
  }
  return commits
}

function isCommit({ log, frameBytes }: Frames, index: number): boolean {
  return log.readUInt32BE(HEADER + index * frameBytes + 4) !== 0
}

/** The checksum after a frame; undefined where the frame is not what was written in this generation of the log. */
function frameSum({ log, frameBytes, littleEndian, salts }: Frames, index: number, before: Sum): Sum | undefined {
  const at = HEADER + index * frameBytes
  if (!log.subarray(at + 8, at + 16).equals(salts)) return undefined
  const ofHeader = checksum(log, at, at + 8, before, littleEndian)
  const sum = checksum(log, at + FRAME_HEADER, at + frameBytes, ofHeader, littleEndian)
  return holds(log, at + 16, sum) ? sum : undefined
}

function holds(log: Buffer, at: number, [first, second]: Sum): boolean {
  return log.readUInt32BE(at) === first && log.readUInt32BE(at + 4) === second
}

function checksum(log: Buffer, from: number, to: number, before: Sum, littleEndian: boolean): Sum {
  let [first, second] = before
  const view = new DataView(log.buffer, log.byteOffset + from, to - from)
  for (let at = 0; at < to - from; at += 8) {
    first = (first + view.getUint32(at, littleEndian) + second) >>> 0
    second = (second + view.getUint32(at + 4, littleEndian) + first) >>> 0
  }
  return [first, second]
}
