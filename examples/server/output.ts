import type { CommandRecord } from './command.ts'
import type { AgentQueries } from './queries.ts'

export type StreamName = 'stdout' | 'stderr'

/** A piece of what a command wrote. */
export interface OutputPiece {
  readonly data: string
  /** Where it begins, in bytes of UTF-8. */
  readonly offset: number
  readonly totalBytes: number
}

/** The output that the server has itself: of an ended command whose result left nothing out. Undefined: its agent must be asked. */
export function outputAtHand({ result }: CommandRecord, stream: StreamName, offset: number): OutputPiece | undefined {
  if (result === null || result.truncation?.[stream] !== undefined) return undefined
  // An interrupted command's result holds nothing of what its agent may have kept.
  if (result.error?.code === 'COMMAND_INTERRUPTED') return undefined
  const bytes = Buffer.from(result[stream])
  return {
    data: bytes.subarray(offset).toString('utf8'),
    offset: Math.min(offset, bytes.length),
    totalBytes: bytes.length,
  }
}

/** All that the agent has of a stream by now, piece by piece. The first piece comes even where it is empty. */
export async function* askForOutput(
  { ask }: Pick<AgentQueries, 'ask'>,
  id: string,
  stream: StreamName,
  from: number,
): AsyncGenerator<OutputPiece> {
  for (let at = from; ; ) {
    const {
      data,
      offset = at,
      total_bytes = 0,
      end = true,
    } = await ask({ what: 'output', command_id: id, stream, offset: at })
    const text = typeof data === 'string' ? data : ''
    yield { data: text, offset, totalBytes: total_bytes }
    const next = offset + Buffer.byteLength(text)
    // Whatever an agent answers, this comes to an end
    if (end || next <= at) return
    at = next
  }
}
