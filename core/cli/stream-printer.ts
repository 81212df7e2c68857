/** Prints one stream of a command: its pieces as they come, and at the end whatever of it did not come. */
export interface StreamPrinter {
  piece(offset: number, data: string): void
  /** @param text the stream as the result has it; `total` its true length in bytes, where the result has only parts. */
  finish(text: string, total: number | null): void
}

/** Offsets are in bytes of UTF-8. What was left out is said in a line of its own, as results do. */
export function createStreamPrinter(write: (text: string) => void): StreamPrinter {
  /** How far the stream is printed. */
  let printed = 0

  function leaveOut(bytes: number): void {
    if (bytes > 0) write(`\n[… ${bytes} bytes left out …]\n`)
  }

  return {
    piece(offset, data) {
      leaveOut(offset - printed)
      write(data)
      printed = offset + Buffer.byteLength(data)
    },
    finish(text, total) {
      if (printed === 0) write(text)
      else if (total !== null) leaveOut(total - printed)
      else write(Buffer.from(text).subarray(printed).toString())
    },
  }
}
