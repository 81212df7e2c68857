import { type FileHandle, open, rm } from 'node:fs/promises'
import { readRange, writeAll } from './disk.ts'

/** One output stream of a running command: its first part in a file, the latest in memory. */
export class StreamFile {
  readonly path: string
  /** Bytes that the program wrote. */
  total = 0
  #written = 0
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #file: FileHandle | null = null
  #closed = false

  constructor(path: string) {
    this.path = path
  }

  /** Bytes in memory. */
  get waitingBytes(): number {
    return this.#waitingBytes
  }

  /** Bytes from the beginning on that can be read. */
  get kept(): number {
    return this.#written + this.#waitingBytes
  }

  take(bytes: Buffer): void {
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
  }

  /** All that is in memory now. */
  batch(): Buffer {
    if (this.#waiting.length > 1) this.#waiting = [Buffer.concat(this.#waiting)]
    return this.#waiting[0] ?? Buffer.alloc(0)
  }

  /** Moves a batch from memory into the file. May not be called again before it is done. */
  async flush(batch: Buffer): Promise<void> {
    this.#file ??= await this.#make()
    await writeAll(this.#file, batch, this.#written)
    // Given up meanwhile.
    if (this.#waiting[0] !== batch) return
    this.#waiting.shift()
    this.#waitingBytes -= batch.length
    this.#written += batch.length
  }

  /** Made anew, not truncated: an old one may be read-only. */
  async #make(): Promise<FileHandle> {
    await rm(this.path, { force: true })
    const file = await open(this.path, 'wx', 0o600)
    if (!this.#closed) return file
    // Given up meanwhile, on a disk that was slow: nobody else would close it.
    await file.close()
    throw new Error(`${this.path} was given up before it was made`)
  }

  /** Forgets what is in memory. */
  drop(): void {
    this.#waiting = []
    this.#waitingBytes = 0
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#file?.close()
  }

  async read(offset: number, length: number): Promise<Buffer> {
    const written = this.#written
    if (offset < written) return readRange(this.path, offset, Math.min(length, written - offset))
    const from = offset - written
    return Buffer.concat(this.#waiting).subarray(from, from + length)
  }
}
