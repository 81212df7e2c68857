import type { Logger } from '@gururmm/plugin-sdk'
import type { Dispatcher } from '../dispatch/dispatcher.ts'
import { stopped } from '../dispatch/failures.ts'
import { refusal } from '../dispatch/result.ts'
import type { DurableJournal, UnfinishedCommand } from '../journal/index.ts'
import type { Runner } from '../runner/contract.ts'

/** A command that took the agent down twice is not tried a third time. */
const MOST_STARTS = 2
/** How often a journal that could not be read is asked again. */
const RETRY_MS = 1000

/** What is needed to settle what an earlier agent left behind. */
export interface RecoveryOptions {
  readonly journal: DurableJournal
  readonly dispatcher: Dispatcher
  readonly runner: Runner
  readonly logger: Logger
}

/**
 * Ends what an earlier agent left running, then gives each of its unfinished commands its one result — or runs it again, where its
 * type declares that and it can run as it was sent. Call it before the first connection. While the journal is unavailable nothing
 * is known of them: they are settled once it can be read.
 */
export async function recover(options: RecoveryOptions): Promise<void> {
  const { runner, logger } = options
  const ended = await runner.sweepLeftovers()
  if (ended > 0) logger.info({ processes: ended }, 'ended what an earlier agent left running')
  await settleOrRetry(options)
}

async function settleOrRetry(options: RecoveryOptions, resumed = new Set<string>()): Promise<void> {
  try {
    for (const command of await options.journal.unfinished()) {
      const { id } = command.record.request
      if (resumed.has(id)) continue
      if (mayRunAgain(command)) resumed.add(id)
      await settle(command, options)
    }
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'JOURNAL_UNAVAILABLE') throw error
    setTimeout(() => void settleOrRetry(options, resumed), RETRY_MS).unref()
  }
}

async function settle(command: UnfinishedCommand, { journal, dispatcher, logger }: RecoveryOptions): Promise<void> {
  const { request, plugin } = command.record
  const again = mayRunAgain(command)
  logger.warn(
    { command: request.id, type: request.type, again },
    'an earlier agent ended while this command was running',
  )
  if (again) {
    void dispatcher.resume(command.record)
    return
  }
  const result = refusal(request.id, stopped('shutdown', 0), plugin ?? undefined)
  await journal.finish(request.id, result)
  dispatcher.delivery.deliver(result)
}

function mayRunAgain({ record, state, starts, inputIntact }: UnfinishedCommand): boolean {
  if (!inputIntact || record.request.origin === 'local') return false
  // What was accepted but never started has done nothing yet; still, only the type may say that late is better than never.
  return record.afterCrash === 'rerun' && (state === 'accepted' || starts < MOST_STARTS)
}
