/** How much may wait for a reader before the program is made to wait, in UTF-16 units. */
const HIGH_WATER = 64 * 1024

/** Turns pieces of text into lines for one reader. */
export interface LineQueue {
  /** Takes text; a promise it returns resolves when the reader has caught up. */
  push(text: string): Promise<void> | undefined
  /** No more comes: a last line without an end is a line. With an error, the reader gets it after what is queued. */
  close(error?: Error): void
  /** For one reader. Leaving its loop early drops all that follows. */
  read(): AsyncGenerator<string, void, undefined>
}

/** @param maxLineBytes a longer line is cut there, in bytes of UTF-8. */
export function createLineQueue(maxLineBytes: number): LineQueue {
  const line = createLineBuilder(maxLineBytes)
  let lines: string[] = []
  let queued = 0
  let state: 'open' | 'closed' | 'left' = 'open'
  let failure: Error | undefined
  let wakeReader = (): void => {}
  let caughtUp: PromiseWithResolvers<void> | null = null

  const add = (text: string): void => {
    lines.push(text)
    queued += text.length + 1
  }
  const takeAll = (): string[] => {
    const taken = lines
    lines = []
    queued = 0
    caughtUp?.resolve()
    caughtUp = null
    return taken
  }
  return {
    push(text) {
      if (state !== 'open') return undefined
      for (const whole of line.add(text)) add(whole)
      if (lines.length > 0) wakeReader()
      if (queued < HIGH_WATER) return undefined
      caughtUp ??= Promise.withResolvers()
      return caughtUp.promise
    },
    close(error) {
      if (state !== 'open') return
      const rest = line.rest()
      if (rest !== '') add(rest)
      failure = error
      state = 'closed'
      wakeReader()
    },
    async *read() {
      try {
        while (state === 'open' || lines.length > 0) {
          if (lines.length > 0) yield* takeAll()
          else await new Promise<void>((resolve) => (wakeReader = resolve))
        }
        if (failure !== undefined) throw failure
      } finally {
        state = 'left'
        takeAll()
      }
    },
  }
}

/** Puts lines together from pieces, none longer than `maxBytes`. */
function createLineBuilder(maxBytes: number): { add(text: string): string[]; rest(): string } {
  let partial = ''
  let size = 0
  const extend = (piece: string): void => {
    if (size < maxBytes) partial += atMost(piece, maxBytes - size)
    size += Buffer.byteLength(piece)
  }
  const take = (): string => {
    const whole = partial.endsWith('\r') ? partial.slice(0, -1) : partial
    partial = ''
    size = 0
    return whole
  }
  return {
    add(text) {
      const [head = '', ...others] = text.split('\n')
      extend(head)
      return others.map((piece) => {
        const whole = take()
        extend(piece)
        return whole
      })
    },
    rest: take,
  }
}

/** As much of `text` as fits into `bytes` of UTF-8 without cutting a code point. */
function atMost(text: string, bytes: number): string {
  // A UTF-16 unit takes three bytes at most.
  if (text.length * 3 <= bytes || Buffer.byteLength(text) <= bytes) return text
  return text.slice(0, new TextEncoder().encodeInto(text, new Uint8Array(bytes)).read)
}
