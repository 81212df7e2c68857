import type { OutputPiece, Progress, ProgressItem } from '../dispatch/contract.ts'
import type { Session } from '../dispatch/delivery.ts'
import type { CommandProgressPayload, CommandResultPayload } from '../protocol/messages.ts'

/** Above this, progress is dropped: results and heartbeats share the socket, and a slow server must not fill our memory. */
export const PROGRESS_HIGH_WATER_BYTES = 262_144

/**
 * Output waits so long for more, in ms: a person sees no difference, and most commands end sooner, so that their result says all there is
 * to say. A frame costs the agent and the server as much as the rest of a short command's talk.
 */
export const GATHER_MS = 50
/** So much does not wait, in characters. */
export const GATHER_CHARACTERS = 16_384

/** Numbers the progress of one command and sends what the socket can take. */
export function createProgress(id: string, session: () => Session | null): Progress {
  let seq = 0
  let dropped = 0
  let held: OutputPiece[] = []
  let characters = 0
  let timer: NodeJS.Timeout | undefined
  let hasTold = false

  const send = (item: ProgressItem): void => {
    hasTold = true
    const to = session()
    if (to === null || !to.capabilities.has('command_progress') || to.bufferedBytes > PROGRESS_HIGH_WATER_BYTES) {
      dropped++
      return
    }
    const { stream, data } = item
    const offset = stream === 'event' ? 0 : item.offset
    const payload: CommandProgressPayload = { command_id: id, seq: ++seq, stream, offset, data, dropped }
    dropped = 0
    void to.send({ type: 'command_progress', payload })
  }
  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    const pieces = held
    held = []
    characters = 0
    for (const piece of pieces) send(piece)
  }
  const hold = (piece: OutputPiece): void => {
    const last = held.at(-1)
    characters += piece.data.length
    if (last?.stream === piece.stream) held[held.length - 1] = { ...last, data: last.data + piece.data }
    else held.push(piece)
  }
  return {
    tell(item) {
      if (item.stream === 'event') {
        flush()
        send(item)
        return
      }
      hold(item)
      if (characters >= GATHER_CHARACTERS) flush()
      else timer ??= setTimeout(flush, GATHER_MS).unref()
    },
    end(result) {
      if (!hasTold && saysAll(result, held)) held = []
      flush()
    },
  }
}

/** Whether the result has all the output, of which nothing was told yet. The agent's own sentence may follow a program's. */
function saysAll(result: CommandResultPayload, pieces: readonly OutputPiece[]): boolean {
  return (['stdout', 'stderr'] as const).every((stream) => {
    const output = pieces.filter((piece) => piece.stream === stream).map(({ data }) => data)
    return result.truncation?.[stream] === undefined && result[stream].startsWith(output.join(''))
  })
}
