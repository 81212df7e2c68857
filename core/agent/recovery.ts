import type { Logger } from '@gururmm/plugin-sdk'
import type { Dispatcher } from '../dispatch/dispatcher.ts'
import { stopped } from '../dispatch/failures.ts'
import { refusal } from '../dispatch/result.ts'
import type { DurableJournal, UnfinishedCommand } from '../journal/index.ts'
import type { Runner } from '../runner/contract.ts'

/** A command that took the agent down twice is not tried a third time. */
const MOST_STARTS = 2

/** What is needed to settle what an earlier agent left behind. */
export interface RecoveryOptions {
  readonly journal: DurableJournal
  readonly dispatcher: Dispatcher
  readonly runner: Runner
  readonly logger: Logger
}

/**
 * Ends what an earlier agent left running, then gives each of its unfinished commands its one result — or runs it again, where its
 * type declares that and it can run as it was sent. Call it before the first connection.
 */
export async function recover({ journal, dispatcher, runner, logger }: RecoveryOptions): Promise<void> {
  const ended = await runner.sweepLeftovers()
  if (ended > 0) logger.warn({ processes: ended }, 'ended what an earlier agent left running')
  for (const command of await journal.unfinished()) {
    const { request, plugin } = command.record
    const again = mayRunAgain(command)
    logger.warn(
      { command: request.id, type: request.type, again },
      'an earlier agent ended while this command was running',
    )
    if (again) void dispatcher.resume(command.record)
    else await journal.finish(request.id, refusal(request.id, stopped('shutdown', 0), plugin ?? undefined))
  }
}

function mayRunAgain({ record, state, starts, inputIntact }: UnfinishedCommand): boolean {
  if (!inputIntact || record.request.origin === 'local') return false
  // What was accepted but never started has done nothing yet; still, only the type may say that late is better than never.
  return record.afterCrash === 'rerun' && (state === 'accepted' || starts < MOST_STARTS)
}
