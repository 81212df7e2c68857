import { openJournalOf, openSpoolOf } from '../../agent/parts.ts'
import type { DataDirLock } from '../../local/index.ts'
import { createLog } from '../../log/index.ts'
import { createHistoryReader, type HistoryReader } from '../../query/index.ts'
import { Redactor } from '../../redaction/index.ts'
import type { Loaded } from '../load.ts'

/** Reads the data folder where no agent runs; nothing that an agent left unfinished is touched. */
export async function withOwnHistory<T>(
  { loaded }: Loaded,
  lock: DataDirLock,
  use: (history: HistoryReader) => Promise<T>,
): Promise<T> {
  const redactor = new Redactor()
  const log = createLog({ ...loaded.config.log, level: 'warn', redactor })
  const { logger } = log
  try {
    const journal = await openJournalOf(loaded, { logger, redactor })
    const spool = openSpoolOf(loaded, { logger })
    try {
      return await use(createHistoryReader({ journal, spool }))
    } finally {
      await spool.close()
      await journal.close()
    }
  } finally {
    await lock.release()
    await log.close()
  }
}
