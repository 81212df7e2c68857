import type { Run, RunEnd } from '@gururmm/plugin-sdk'
import { violation } from './peer.ts'

/** Lines go to the plugin in batches of about so many UTF-16 units. */
const BATCH_LENGTH = 65_536
/** No piece of input that a plugin's process sends is longer, as base64. */
const MAX_PIECE_LENGTH = 524_288

/** A program that the host runs for a plugin in another process. */
export interface BridgedRun {
  readonly ended: Promise<RunEnd>
  write(data: unknown): Promise<void>
  end(data: unknown): void
  stop(): void
  /** The next lines, at least one unless it is over. */
  lines(stream: unknown): Promise<{ readonly lines: readonly string[]; readonly over: boolean }>
  leaveLines(stream: unknown): void
}

/** @param streams those whose lines the plugin will read. */
export function bridgeRun(run: Run, streams: readonly string[]): BridgedRun {
  const readers = new Map(streams.filter(isStream).map((stream) => [stream, createReader(run.lines(stream))]))
  let writing = false
  return {
    ended: run.ended,
    async write(data) {
      // An honest process waits for each piece, so the host never holds more than one
      if (typeof data !== 'string' || data.length > MAX_PIECE_LENGTH || writing)
        throw violation('it wrote too much at once')
      writing = true
      try {
        await run.write(Buffer.from(data, 'base64'))
      } finally {
        writing = false
      }
    },
    end: (data) => run.end(typeof data === 'string' ? data : undefined),
    stop: () => run.stop(),
    async lines(stream) {
      const reader = readers.get(stream as 'stdout')
      if (reader === undefined) throw violation('it asked for lines that it does not read')
      return reader.next()
    },
    leaveLines: (stream) => readers.get(stream as 'stdout')?.leave(),
  }
}

function isStream(name: string): name is 'stdout' | 'stderr' {
  return name === 'stdout' || name === 'stderr'
}

/** Takes the lines that are there at once, so that each need not be a message of its own. */
function createReader(source: AsyncIterable<string>) {
  const iterator = source[Symbol.asyncIterator]()
  let upcoming: Promise<IteratorResult<string>> | null = null
  let reading = false

  const take = (): Promise<IteratorResult<string>> => {
    upcoming ??= iterator.next()
    return upcoming
  }
  const batch = async () => {
    const lines: string[] = []
    let length = 0
    for (;;) {
      const item = await (lines.length === 0 ? take() : Promise.race([take(), soon()]))
      if (item === null) return { lines, over: false }
      upcoming = null
      if (item.done === true) return { lines, over: true }
      lines.push(item.value)
      length += item.value.length + 1
      if (length >= BATCH_LENGTH) return { lines, over: false }
    }
  }
  return {
    async next() {
      if (reading) throw violation('it asked for the same lines twice')
      reading = true
      try {
        return await batch()
      } finally {
        reading = false
      }
    },
    leave: () => void iterator.return?.(),
  }
}

function soon(): Promise<null> {
  return new Promise((resolve) => setImmediate(() => resolve(null)))
}
