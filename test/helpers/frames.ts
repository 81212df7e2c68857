/** One JSON text frame of the wire. */
export interface Frame {
  readonly type: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into payloads of every message
  readonly payload: any
}

/** Frames as they came, and a way to wait for one. */
export interface FrameInbox {
  /** Every frame so far. */
  readonly all: readonly Frame[]
  /** Those of one type so far. */
  of(type: string): Frame[]
  push(frame: Frame): void
  /** The oldest frame that fits and was not taken before, at the latest after `timeoutMs`. Default: 30 s, machines are slow at times. */
  take(type: string, fits?: (payload: Frame['payload']) => boolean, timeoutMs?: number): Promise<Frame['payload']>
}

export function createInbox(): FrameInbox {
  const all: Frame[] = []
  const taken = new Set<Frame>()
  const waiting = new Set<() => void>()
  return {
    all,
    of: (type) => all.filter((frame) => frame.type === type),
    push(frame) {
      all.push(frame)
      for (const look of [...waiting]) look()
    },
    take: (type, fits = () => true, timeoutMs = 30_000) =>
      new Promise((resolve, reject) => {
        const stop = () => {
          clearTimeout(deadline)
          waiting.delete(look)
        }
        const look = () => {
          const frame = all.find((each) => each.type === type && !taken.has(each) && fits(each.payload))
          if (frame === undefined) return
          taken.add(frame)
          stop()
          resolve(frame.payload)
        }
        const deadline = setTimeout(() => {
          stop()
          const seen = all.map((frame) => frame.type).join(', ') || 'nothing'
          reject(new Error(`Expected a ${type} frame within ${timeoutMs} ms, found ${seen}.`))
        }, timeoutMs)
        waiting.add(look)
        look()
      }),
  }
}
