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
export function createReader(source: Readable, options: ReaderOptions): StreamReader {
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  // For the decoder, to begin with, where that has to be loaded.
  let waiting = options.decoder instanceof Promise
  let over = false

  const handOn = (text: string, then?: () => void): void => {
    const taken = text === '' ? undefined : options.take(text)
    if (taken === undefined) {
      then?.()
      return
    }
    waiting = true
    source.pause()
    void taken.then(() => {
      waiting = false
      if (then) then()
      else source.resume()
    })
  }
  const start = (decoder: Decoder): void => {
    waiting = false
    const finish = (): void => {
      if (over) return
      over = true
      const rest = options.redaction.push(decoder.flush()) + options.redaction.flush()
      handOn(rest, resolve)
    }
    source.on('data', (bytes: Buffer) => {
      options.onActivity()
      handOn(options.redaction.push(decoder.push(bytes)))
    })
    // A pipe that breaks (EIO and the like) has no more to give; the exit code tells how the program fared.
    source.on('error', finish).on('end', finish).on('close', finish)
  }
  if (options.decoder instanceof Promise) void options.decoder.then(start)
  else start(options.decoder)

  return {
    ended,
    isWaiting: () => waiting,
    close() {
      source.destroy()
      resolve()
    },
  }
}
