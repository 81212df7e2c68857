import type { HistoryDetail } from '../../journal/index.ts'
import type { HistoryReader } from '../../query/index.ts'
import { wholeOutput } from './whole-output.ts'

/** All that is kept of a command, its output included, as JSON tells it. */
export async function inFull(history: HistoryReader, detail: HistoryDetail): Promise<object> {
  const [stdout, stderr] = [await wholeOutput(history, detail, 'stdout'), await wholeOutput(history, detail, 'stderr')]
  return { ...detail, output: { stdout, stderr } }
}
