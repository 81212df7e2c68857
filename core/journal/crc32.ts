/** Up to this many bytes a table is as fast as asking Node. */
const SMALL_BYTES = 4096

const POLYNOMIAL = 0xedb88320

let table: Int32Array | undefined

/**
 * CRC-32 as zlib has it. Node's own is used for what is long only, since loading its zlib takes 3 ms of each start, and each start
 * looks at some short texts.
 */
export function crc32(data: string | Uint8Array): number {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  return bytes.length > SMALL_BYTES ? process.getBuiltinModule('node:zlib').crc32(bytes) : smallCrc32(bytes)
}

function smallCrc32(bytes: Uint8Array): number {
  table ??= Int32Array.from({ length: 256 }, (_, byte) => remainderOf(byte))
  let crc = -1
  // By index: over an iterator it takes six times as long until it is compiled, which takes some thousand commands.
  for (let at = 0; at < bytes.length; at++) crc = (table[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8)
  return ~crc >>> 0
}

function remainderOf(byte: number): number {
  let remainder = byte
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ POLYNOMIAL : remainder >>> 1
  return remainder
}
