import type { Duplex } from 'node:stream'

/** How much a reader takes from the other side before it lets others have a turn. */
const TURN_BYTES = 65_536
/** In a window of so many milliseconds no more than so many messages are read; the rest waits on the other side. */
const WINDOW_MS = 100
const WINDOW_MESSAGES = 1000

/** Texts sent over a stream, one a line. */
export interface LineChannel {
  /** Text without a line end. */
  send(line: string): void
  /** Bytes that the other side has not taken yet. */
  readonly backlog: number
  close(): void
}

export interface LineChannelOptions {
  /** A longer line closes the channel. */
  readonly maxBytes: number
  /** Whether the other side is a stranger, who may send no more than the host can take beside its other work. */
  readonly throttled: boolean
  readonly onLine: (line: string) => void
  /** Called once. `problem` where the other side is at fault. */
  readonly onClosed: (problem: string | null) => void
}

/**
 * Lines over a pipe, in place of Node's own IPC channel: that one reads messages of any length, takes handles from the other side and
 * throws in this process where a stranger's message is of a shape it does not expect.
 */
export function lineChannel(stream: Duplex, options: LineChannelOptions): LineChannel {
  let parts: Buffer[] = []
  let length = 0
  let closed = false
  let messages = 0
  let windowEnd = 0

  const close = (problem: string | null): void => {
    if (closed) return
    closed = true
    parts = []
    stream.destroy()
    options.onClosed(problem)
  }
  /** False where the line is longer than may be. */
  const keep = (part: Buffer): boolean => {
    length += part.length
    if (length > options.maxBytes) return false
    parts.push(part)
    return true
  }
  const take = (part: Buffer): boolean => {
    if (!keep(part)) return false
    const line = Buffer.concat(parts, length).toString('utf8')
    parts = []
    length = 0
    messages++
    options.onLine(line)
    return true
  }
  const rest = (): void => {
    const now = performance.now()
    if (now >= windowEnd) {
      windowEnd = now + WINDOW_MS
      messages = 0
    }
    if (messages < WINDOW_MESSAGES) setImmediate(() => stream.resume())
    else setTimeout(() => stream.resume(), windowEnd - now)
    stream.pause()
  }
  stream.on('data', (chunk: Buffer) => {
    let from = 0
    for (let end = chunk.indexOf(10); end !== -1 && !closed; end = chunk.indexOf(10, from)) {
      if (!take(chunk.subarray(from, end))) return close(tooLong(options.maxBytes))
      from = end + 1
    }
    if (closed) return
    if (from < chunk.length && !keep(chunk.subarray(from))) return close(tooLong(options.maxBytes))
    if (options.throttled && (chunk.length >= TURN_BYTES / 2 || messages >= WINDOW_MESSAGES)) rest()
  })
  // A process that dies leaves a broken pipe; how it ended is for whoever watches the process to say
  stream.on('error', () => close(null))
  stream.on('end', () => close(null))
  stream.on('close', () => close(null))
  return {
    send(line) {
      if (!closed) stream.write(`${line}\n`)
    },
    get backlog() {
      return stream.writableLength
    },
    close: () => close(null),
  }
}

function tooLong(maxBytes: number): string {
  return `it sent a message of over ${maxBytes} bytes`
}
