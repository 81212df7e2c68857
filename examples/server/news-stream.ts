import { type CommandRecord, hasEnded } from './command.ts'
import type { CommandNews, News } from './news.ts'

/** How much progress may wait for a slow reader, in characters; more is left out. */
const MAX_BUFFERED = 1_048_576
/** Clients and proxies give up on a stream that is silent for minutes. */
const KEEP_ALIVE_MS = 15_000

/** JSON lines: the command as it is and whenever it changes, its progress between; ends with the command. Blank lines keep it alive. */
export function newsStream(news: News, command: CommandRecord): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let stop = () => {}
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const write = (text: string) => controller.enqueue(encoder.encode(text))
        const tell = (item: CommandNews) => {
          if (item.event === 'progress' && (controller.desiredSize ?? 0) <= 0) return
          write(`${JSON.stringify(item)}\n`)
          if (item.event === 'progress' || !hasEnded(item.command)) return
          stop()
          controller.close()
        }
        const keepAlive = setInterval(() => write('\n'), KEEP_ALIVE_MS)
        const unfollow = news.follow(command.id, tell)
        stop = () => {
          clearInterval(keepAlive)
          unfollow()
        }
        const known = news.recentProgress(command.id)
        tell({ event: 'command', command })
        for (const progress of known) tell({ event: 'progress', progress })
      },
      cancel: () => stop(),
    },
    { highWaterMark: MAX_BUFFERED, size: (chunk) => chunk.byteLength },
  )
}
