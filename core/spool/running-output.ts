import type { Logger } from '@gururmm/plugin-sdk'
import { type OutputPiece, type OutputSink, STREAMS, type StreamName } from '../dispatch/contract.ts'
import type { CommandResultPayload } from '../protocol/messages.ts'
import type { KeptOutput } from './contract.ts'
import type { SpoolDisk } from './disk.ts'
import type { Shelf, Volume } from './shelf.ts'
import { StreamFile } from './stream-file.ts'
import { wholeEnd } from './utf8.ts'

/** From so much in memory on it is written, and what it was is kept after the end, too. */
const FLUSH_BYTES = 65_536
/** With so much in memory, the program waits. */
const HIGH_WATER_BYTES = 131_072
/** What is in memory is written after so long; a crash of the agent loses no more. In ms. */
const FLUSH_MS = 1000

export interface RunningParts {
  readonly id: string
  readonly key: string
  readonly shelf: Shelf
  readonly disk: SpoolDisk
  readonly commandBytes: number
  readonly logger: Logger
  /** Called when all is written or given up. */
  readonly onSettled: () => void
}

/** The output of a running command. No file is made for one that ends at once and says little: its result holds all of it. */
export class RunningOutput implements OutputSink, KeptOutput {
  running = true
  readonly settled: Promise<void>
  readonly #settle: () => void
  readonly #parts: RunningParts
  readonly #streams: Readonly<Record<StreamName, StreamFile>>
  #volume: Volume | null = null
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> | null = null
  #caughtUp: PromiseWithResolvers<void> | null = null
  /** No more is kept. */
  #full = false
  /** With less than so many bytes in memory, writing them can wait. */
  #enough = FLUSH_BYTES
  #acknowledged = false

  constructor(parts: RunningParts) {
    this.#parts = parts
    const { promise, resolve } = Promise.withResolvers<void>()
    this.settled = promise
    this.#settle = resolve
    const file = (stream: StreamName) => new StreamFile(parts.shelf.pathOf(parts.key, stream))
    this.#streams = { stdout: file('stdout'), stderr: file('stderr') }
  }

  write({ stream, offset, data }: OutputPiece): Promise<void> | undefined {
    const file = this.#streams[stream]
    const bytes = Buffer.from(data)
    file.total = offset + bytes.length
    if (this.#full) return undefined
    const room = this.#parts.commandBytes - this.#kept
    if (bytes.length <= room) file.take(bytes)
    else {
      file.take(bytes.subarray(0, wholeEnd(bytes.subarray(0, Math.max(0, room)))))
      this.#full = true
    }
    if (this.#waiting >= FLUSH_BYTES) void this.#flush()
    else this.#flushLater()
    if (this.#waiting < HIGH_WATER_BYTES) return undefined
    this.#caughtUp ??= Promise.withResolvers()
    return this.#caughtUp.promise
  }

  end(result: CommandResultPayload | null): void {
    this.#enough = 1
    const { shelf, key } = this.#parts
    const whole =
      result !== null && this.#total <= FLUSH_BYTES && STREAMS.every((stream) => this.#isWhole(result, stream))
    // Nearly every command: nothing of it, or of an earlier run of its id, is on the disk.
    if (whole && this.#volume === null && this.#writing === null && !shelf.mayHold(key)) this.#settleNow()
    else void this.#finish(() => (whole ? this.#remove() : this.#flush()))
  }

  acknowledged(): void {
    this.#acknowledged = true
  }

  total(stream: StreamName): number {
    return this.#streams[stream].total
  }

  kept(stream: StreamName): number {
    return this.#streams[stream].kept
  }

  read(stream: StreamName, offset: number, length: number): Promise<Buffer> {
    return this.#streams[stream].read(offset, length)
  }

  get #waiting(): number {
    return this.#streams.stdout.waitingBytes + this.#streams.stderr.waitingBytes
  }

  get #kept(): number {
    return this.#streams.stdout.kept + this.#streams.stderr.kept
  }

  get #total(): number {
    return this.#streams.stdout.total + this.#streams.stderr.total
  }

  /** The agent's own sentence may follow what the program wrote to stderr. */
  #isWhole(result: CommandResultPayload, stream: StreamName): boolean {
    const { total } = this.#streams[stream]
    if (total === 0) return true
    if (result.truncation?.[stream] !== undefined) return false
    const inResult = Buffer.byteLength(result[stream])
    return inResult === total || (stream === 'stderr' && result.error != null && inResult > total)
  }

  #flushLater(): void {
    this.#timer ??= setTimeout(() => void this.#flush(), FLUSH_MS)
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#waiting === 0) return
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = null
      if (this.#waiting > 0) this.#flushLater()
    })
    await this.#writing
  }

  async #writeAll(): Promise<void> {
    const { id, disk, logger } = this.#parts
    try {
      do {
        await disk.run(() => this.#writeOnce())
        if (this.#waiting < HIGH_WATER_BYTES) this.#release()
      } while (this.#waiting >= this.#enough)
    } catch (error) {
      logger.warn({ command: id, err: error }, 'output of a command is not kept from here on; its result is')
      this.#giveUp()
    }
    this.#release()
  }

  async #writeOnce(): Promise<void> {
    const { id, key, shelf, logger } = this.#parts
    await shelf.ready
    this.#volume ??= await shelf.add(key)
    for (const stream of STREAMS) {
      const file = this.#streams[stream]
      const batch = file.batch()
      if (batch.length === 0) continue
      if (!(await shelf.reserve(this.#volume, stream, batch.length))) {
        logger.warn({ command: id }, 'output of a command is not kept from here on: there is no room for it')
        return this.#giveUp()
      }
      await file.flush(batch)
    }
  }

  /** Also what an earlier run of the same id left. */
  async #remove(): Promise<void> {
    await this.#parts.shelf.ready
    await this.#parts.shelf.remove(this.#parts.key)
  }

  #giveUp(): void {
    this.#full = true
    for (const stream of STREAMS) this.#streams[stream].drop()
  }

  #release(): void {
    this.#caughtUp?.resolve()
    this.#caughtUp = null
  }

  #settleNow(): void {
    clearTimeout(this.#timer)
    this.running = false
    this.#parts.onSettled()
    this.#settle()
  }

  /** Never rejects. */
  async #finish(how: () => Promise<void>): Promise<void> {
    await this.#writing
    clearTimeout(this.#timer)
    await how().catch(() => {})
    for (const stream of STREAMS) await this.#streams[stream].close().catch(() => {})
    this.running = false
    if (this.#volume !== null) {
      const { stdout, stderr } = this.#streams
      this.#volume.total = { stdout: stdout.total, stderr: stderr.total }
      this.#volume.running = false
      if (Object.keys(this.#volume.bytes).length === 0) await this.#remove()
    }
    if (this.#acknowledged) await this.#parts.shelf.acknowledge(this.#parts.key)
    this.#settleNow()
  }
}
