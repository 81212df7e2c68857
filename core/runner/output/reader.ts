import type { Readable } from 'node:stream'
import type { RedactionStream } from '../../redaction/index.ts'
import type { Decoder } from './decode.ts'

/** Reads one output stream of a program to its end. */
export interface StreamReader {
  /** Resolves when the end was reached, or `close()` called, and all that was read is handed on. Never rejects. */
  readonly ended: Promise<void>
  /** Whether we are what is being waited for: the decoder, or whoever takes the text. The program waits too. */
  isWaiting(): boolean
  /** Stops reading; what was read is still handed on, but not waited for. */
  close(): void
}

export interface ReaderOptions {
  readonly decoder: Decoder | Promise<Decoder>
  readonly redaction: RedactionStream
  /** Takes text; while a promise it returned is pending, nothing more is read. Must not throw or reject. */
  readonly take: (text: string) => Promise<void> | undefined
  /** Called for each piece of bytes. */
  readonly onActivity: () => void
}

/** Decodes, then redacts, then hands on. */
export function createReader(source: Readable, { decoder, redaction, take, onActivity }: ReaderOptions): StreamReader {
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  let isLoading = decoder instanceof Promise
  let taking: Promise<void> | null = null
  let isOver = false

  const handOn = (text: string): void => {
    const taken = text === '' ? undefined : take(text)
    if (taken === undefined) return
    source.pause()
    taking = taken.then(() => {
      taking = null
      source.resume()
    })
  }
  const start = (loaded: Decoder): void => {
    isLoading = false
    const finish = (): void => {
      if (isOver) return
      isOver = true
      // The end of a stream comes through a pause, where nothing is left to read.
      void Promise.resolve(taking)
        .then(() => handOn(redaction.push(loaded.flush()) + redaction.flush()))
        .then(() => taking)
        .then(() => resolve())
    }
    source.on('data', (bytes: Buffer) => {
      onActivity()
      handOn(redaction.push(loaded.push(bytes)))
    })
    // Node sets the streams of a process that exits flowing again, whoever paused them.
    source.on('resume', () => {
      if (taking !== null) source.pause()
    })
    // A pipe that breaks (EIO and the like) has no more to give; the exit code tells how the program fared.
    source.on('error', finish).on('end', finish).on('close', finish)
  }
  if (decoder instanceof Promise) void decoder.then(start)
  else start(decoder)

  return {
    ended,
    isWaiting: () => isLoading || taking !== null,
    close() {
      source.destroy()
      resolve()
    },
  }
}
