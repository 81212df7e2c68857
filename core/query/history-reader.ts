import type { DurableJournal } from '../journal/index.ts'
import type { Spool } from '../spool/index.ts'
import type { HistoryReader } from './contract.ts'
import { notFound, readOutput } from './output.ts'

/** Reads journal and spool; neither is closed by it. */
export function createHistoryReader(from: { readonly journal: DurableJournal; readonly spool: Spool }): HistoryReader {
  return {
    list: (query) => from.journal.history(query),
    async show(id) {
      const entry = await from.journal.entry(id)
      if (entry === undefined) throw notFound(id)
      return entry
    },
    output: (...range) => readOutput(from, range),
  }
}
