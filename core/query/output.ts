import { CommandError } from '@gururmm/plugin-sdk'
import type { StreamName } from '../dispatch/contract.ts'
import type { DurableJournal, HistoryDetail } from '../journal/index.ts'
import { isContinuation, type KeptOutput, type Spool, wholeEnd } from '../spool/index.ts'
import type { OutputRange } from './contract.ts'

/** A character takes four bytes at most. */
const BEFORE = 3

/** Where bytes of a stream come from. */
interface Source {
  readonly running: boolean
  readonly total: number
  /** The first so many can be read. */
  readonly kept: number
  read(offset: number, length: number): Promise<Buffer>
}

/** Reads from the spool what it has, else from the recorded result; see `HistoryReader.output`. */
export async function readOutput(
  { journal, spool }: { readonly journal: DurableJournal; readonly spool: Spool },
  [id, stream, offset, length]: readonly [id: string, stream: StreamName, offset: number, length: number],
): Promise<OutputRange> {
  const kept = await spool.find(id)
  if (kept?.running || (kept?.kept(stream) ?? 0) > 0) {
    return readPiece(await spooledSource(kept as KeptOutput, stream, () => journal.entry(id)), offset, length)
  }
  const entry = await journal.entry(id)
  if (entry === undefined) throw notFound(id)
  return readPiece(resultSource(entry, stream), offset, length)
}

export function notFound(id: string): CommandError {
  return new CommandError('COMMAND_NOT_FOUND', `The agent knows no command ${JSON.stringify(id)}.`)
}

async function spooledSource(
  kept: KeptOutput,
  stream: StreamName,
  entry: () => Promise<HistoryDetail | undefined>,
): Promise<Source> {
  const inResult = async () => (await entry().catch(() => undefined))?.result?.truncation?.[stream]?.total_bytes ?? 0
  return {
    running: kept.running,
    kept: kept.kept(stream),
    total: kept.total(stream) ?? Math.max(kept.kept(stream), await inResult()),
    read: (offset, length) => kept.read(stream, offset, length),
  }
}

function resultSource({ state, result }: HistoryDetail, stream: StreamName): Source {
  const running = state === 'accepted' || state === 'running'
  const cut = result?.truncation?.[stream]
  if (!running && (result === null || cut !== undefined)) throw gone(0, cut?.total_bytes ?? null)
  const bytes = Buffer.from(result?.[stream] ?? '')
  const read = async (offset: number, length: number) => bytes.subarray(offset, offset + length)
  return { running, total: bytes.length, kept: bytes.length, read }
}

async function readPiece({ running, total, kept, read }: Source, offset: number, length: number): Promise<OutputRange> {
  if (offset >= total) return { data: '', offset, totalBytes: total, end: !running }
  if (offset >= kept) throw gone(kept, total)
  const from = Math.max(0, offset - BEFORE)
  const bytes = await read(from, offset - from + length).catch((cause: unknown) => {
    throw gone(0, total, cause)
  })
  let start = Math.min(offset - from, bytes.length)
  while (start > 0 && isContinuation(bytes[start])) start--
  const piece = bytes.subarray(start, start + wholeEnd(bytes.subarray(start)))
  // Removed to make room since it was found.
  if (piece.length === 0) throw gone(0, total)
  const end = !running && from + start + piece.length >= total
  return { data: piece.toString('utf8'), offset: from + start, totalBytes: total, end }
}

function gone(kept: number, total: number | null, cause?: unknown): CommandError {
  const of = total === null ? '' : ` of its ${total} bytes`
  const what = kept > 0 ? `Only the first ${kept} bytes${of} are kept` : `Nothing${of} is kept any more`
  return new CommandError('OUTPUT_GONE', `${what}; see the result for its beginning and end.`, { cause })
}
