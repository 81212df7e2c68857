import type { StreamName } from '../../dispatch/contract.ts'
import type { HistoryDetail } from '../../journal/index.ts'
import { MAX_OUTPUT_PIECE } from '../../protocol/query-schemas.ts'
import type { HistoryReader } from '../../query/index.ts'

/** One stream of a command, as far as it is kept. */
export interface WholeOutput {
  readonly text: string
  readonly totalBytes: number
  /** Nothing is left out of `text`. */
  readonly whole: boolean
}

/**
 * A stream from spool and result, told piece by piece; where the spool has not all of it, the result's beginning and end follow.
 *
 * @param tell called with each piece.
 */
export async function tellOutput(
  history: HistoryReader,
  { id, result }: HistoryDetail,
  stream: StreamName,
  tell: (text: string) => void,
): Promise<Omit<WholeOutput, 'text'>> {
  let at = 0
  try {
    for (;;) {
      const { data, offset, totalBytes, end } = await history.output(id, stream, at, MAX_OUTPUT_PIECE)
      tell(data)
      at = offset + Buffer.byteLength(data)
      if (end || data === '') return { totalBytes, whole: true }
    }
  } catch (error) {
    if ((error as { code?: string }).code !== 'OUTPUT_GONE') throw error
  }
  if (at > 0) tell(`\n[… only the first ${at} bytes are kept; the result has this: …]\n`)
  tell(result?.[stream] ?? '')
  return { totalBytes: result?.truncation?.[stream]?.total_bytes ?? at, whole: false }
}

/** {@link tellOutput} in one text. */
export async function wholeOutput(
  history: HistoryReader,
  detail: HistoryDetail,
  stream: StreamName,
): Promise<WholeOutput> {
  const pieces: string[] = []
  const facts = await tellOutput(history, detail, stream, (text) => pieces.push(text))
  return { text: pieces.join(''), ...facts }
}
