import { existsSync, readFileSync } from 'node:fs'

const HEADER = 32
const FRAME_HEADER = 24

/**
 * Where SQLite's own recovery of a log stops, and whether more follows that was once written whole. A log that ends in the middle of
 * a transaction is what every sudden end leaves; one that goes on behind a broken place was damaged.
 */
export interface LogInspection {
  readonly damaged: boolean
  /** What recovery leaves out, bytes as latin1; empty unless damaged. */
  readonly rest: string
}

const SOUND: LogInspection = { damaged: false, rest: '' }

/** Written by hand because SQLite drops the rest of a broken log without a word. The format is that of sqlite.org/fileformat2. */
export function inspectLog(path: string): LogInspection {
  if (!existsSync(path)) return SOUND
  const log = readFileSync(path)
  if (log.length < HEADER + FRAME_HEADER) return SOUND
  const littleEndian = log.readUInt32BE(0) === 0x377f0682
  const known = littleEndian || log.readUInt32BE(0) === 0x377f0683
  const sum = checksum(log, 0, 24, [0, 0], littleEndian)
  if (!known || sum[0] !== log.readUInt32BE(24) || sum[1] !== log.readUInt32BE(28)) {
    return { damaged: true, rest: log.toString('latin1') }
  }
  const frameBytes = FRAME_HEADER + log.readUInt32BE(8)
  const frames = { log, frameBytes, littleEndian, count: Math.floor((log.length - HEADER) / frameBytes) }
  const valid = leadingFrames(frames, sum)
  if (!commitFollows(frames, valid + 1)) return SOUND
  return { damaged: true, rest: log.toString('latin1', HEADER + valid * frameBytes) }
}

interface Frames {
  readonly log: Buffer
  readonly frameBytes: number
  readonly littleEndian: boolean
  readonly count: number
}

type Sum = readonly [number, number]

function leadingFrames(frames: Frames, headerSum: Sum): number {
  let sum = headerSum
  for (let index = 0; index < frames.count; index++) {
    const next = frameSum(frames, index, sum)
    if (next === undefined) return index
    sum = next
  }
  return frames.count
}

/** Whether a frame that ends a transaction stands behind the broken place, right by the checksum that its forerunner carries. */
function commitFollows(frames: Frames, from: number): boolean {
  for (let index = Math.max(1, from); index < frames.count; index++) {
    const before = HEADER + (index - 1) * frames.frameBytes
    const sum: Sum = [frames.log.readUInt32BE(before + 16), frames.log.readUInt32BE(before + 20)]
    const commits = frames.log.readUInt32BE(HEADER + index * frames.frameBytes + 4) !== 0
    if (commits && frameSum(frames, index, sum) !== undefined) return true
  }
  return false
}

/** The checksum after a frame; undefined where the frame is not what was written in this generation of the log. */
function frameSum({ log, frameBytes, littleEndian }: Frames, index: number, before: Sum): Sum | undefined {
  const at = HEADER + index * frameBytes
  if (!log.subarray(at + 8, at + 16).equals(log.subarray(16, 24))) return undefined
  const ofHeader = checksum(log, at, at + 8, before, littleEndian)
  const sum = checksum(log, at + FRAME_HEADER, at + frameBytes, ofHeader, littleEndian)
  return sum[0] === log.readUInt32BE(at + 16) && sum[1] === log.readUInt32BE(at + 20) ? sum : undefined
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
