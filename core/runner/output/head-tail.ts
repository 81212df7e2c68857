import { createHash, type Hash } from 'node:crypto'
import type { Truncation } from '../../dispatch/contract.ts'

const SMALLEST_BUFFER = 1024

/**
 * Keeps the beginning and the end of a text of any length in a fixed amount of memory, and counts and hashes all of it.
 *
 * One buffer: its first half is the head, its second half a ring with the latest bytes.
 */
export class HeadTail {
  readonly #capacity: number
  readonly #headSize: number
  #buffer: Buffer
  #total = 0
  /** From the first byte over the capacity on. */
  #hash: Hash | null = null
  #text: string | null = null

  /** @param capacity how many bytes of UTF-8 are kept; at least 2. */
  constructor(capacity: number) {
    this.#capacity = Math.max(2, capacity)
    this.#headSize = Math.floor(this.#capacity / 2)
    this.#buffer = Buffer.alloc(0)
  }

  /** How many bytes of UTF-8 came until now. */
  get totalBytes(): number {
    return this.#total
  }

  push(text: string): void {
    this.#text = null
    const size = Buffer.byteLength(text)
    if (this.#total + size <= this.#capacity) {
      this.#reserve(this.#total + size)
      this.#buffer.write(text, this.#total)
      this.#total += size
      return
    }
    this.#overflow(Buffer.from(text))
  }

  /** All of it where it fits; else head, a line that says how much is missing, tail. No code point is cut. */
  text(): string {
    this.#text ??= this.#hash === null ? this.#buffer.toString('utf8', 0, this.#total) : this.#shortened()
    return this.#text
  }

  /** What was left out; undefined where nothing was. */
  truncation(): Truncation | undefined {
    if (this.#hash === null) return undefined
    const { head, tail } = this.#parts()
    const droppedBytes = this.#total - head.length - tail.length
    return { totalBytes: this.#total, droppedBytes, sha256: this.#hash.copy().digest('hex') }
  }

  /** An independent copy. */
  clone(): HeadTail {
    const copy = new HeadTail(this.#capacity)
    copy.#buffer = Buffer.from(this.#buffer)
    copy.#total = this.#total
    copy.#hash = this.#hash?.copy() ?? null
    return copy
  }

  #reserve(size: number): void {
    if (size <= this.#buffer.length) return
    const grown = Buffer.allocUnsafe(Math.min(this.#capacity, Math.max(size, this.#buffer.length * 2, SMALLEST_BUFFER)))
    this.#buffer.copy(grown, 0, 0, this.#total)
    this.#buffer = grown
  }

  #overflow(bytes: Buffer): void {
    if (this.#hash === null) {
      this.#hash = createHash('sha256').update(this.#buffer.subarray(0, this.#total))
      this.#reserve(this.#capacity)
    }
    this.#hash.update(bytes)
    const ringSize = this.#capacity - this.#headSize
    for (let from = 0; from < bytes.length; ) {
      const at =
        this.#total < this.#headSize ? this.#total : this.#headSize + ((this.#total - this.#headSize) % ringSize)
      const end = this.#total < this.#headSize ? this.#headSize : this.#capacity
      const copied = bytes.copy(this.#buffer, at, from, from + end - at)
      from += copied
      this.#total += copied
    }
  }

  #shortened(): string {
    const { head, tail } = this.#parts()
    const dropped = this.#total - head.length - tail.length
    const text = head.toString()
    return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}[… ${dropped} bytes left out …]\n${tail}`
  }

  #parts(): { head: Buffer; tail: Buffer } {
    const ringSize = this.#capacity - this.#headSize
    const oldest = this.#headSize + ((this.#total - this.#headSize) % ringSize)
    const ring = Buffer.concat([
      this.#buffer.subarray(oldest, this.#capacity),
      this.#buffer.subarray(this.#headSize, oldest),
    ])
    const head = this.#buffer.subarray(0, this.#headSize)
    return { head: head.subarray(0, wholeEnd(head)), tail: ring.subarray(wholeStart(ring)) }
  }
}

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80

/** Where the first whole code point begins. */
function wholeStart(bytes: Buffer): number {
  let start = 0
  while (isContinuation(bytes[start])) start++
  return start
}

/** Where the last whole code point ends. */
function wholeEnd(bytes: Buffer): number {
  let lead = bytes.length - 1
  while (isContinuation(bytes[lead])) lead--
  const first = bytes[lead] ?? 0
  const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1
  return lead + size > bytes.length ? Math.max(0, lead) : bytes.length
}
