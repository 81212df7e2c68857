import { once } from 'node:events'
import { EXIT } from '../exit-codes.ts'
import { type FilterFlags, queryOf } from '../history/filters.ts'
import { inFull } from '../history/in-full.ts'
import { load } from '../load.ts'
import { withHistory } from '../local-agent.ts'
import type { Call } from '../verb.ts'

/** Each is read in full, output included, before the next page is asked for. */
const PAGE = 100

/** `history export`: every command that fits, in full, a line of JSON each. */
export async function act(call: Call): Promise<number> {
  const query = queryOf(call.opts<FilterFlags>())
  await withHistory(await load(call), async (history) => {
    let before: number | undefined
    do {
      const page = await history.list({ ...query, limit: PAGE, ...(before !== undefined && { before }) })
      for (const { id } of page.entries) {
        await tell(JSON.stringify(await inFull(history, await history.show(id))))
        if (!process.stdout.writable) return
      }
      before = page.next ?? undefined
    } while (before !== undefined)
  })
  return EXIT.ok
}

/** A slow reader is waited for: all of a journal does not fit into memory. One that goes away (`| head -1`) is no fault. */
async function tell(line: string): Promise<void> {
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain').catch(() => {})
}
