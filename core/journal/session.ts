import { steadyClock } from './clock.ts'
import type { JournalClock } from './contract.ts'
import type { Store } from './store.ts'

/** One process's use of the journal, through all databases that it may have to open. */
export interface JournalSession {
  /** Higher than that of every process before, so that each can tell what others left behind. */
  readonly number: number
  readonly clock: JournalClock
  /** See {@link steadyClock}. */
  readonly steady: () => number
  /** Place in the outbox of the last result that this process added; later processes begin behind all of earlier ones. */
  order: number
}

/** Lasts once {@link recordSession} is on the disk. */
export function nextSession(store: Store, clock: JournalClock): JournalSession {
  const last = store.db.prepare("SELECT value FROM meta WHERE name = 'session'").get()?.value ?? 0
  const number = Number(last) + 1
  return { number, clock, steady: steadyClock(clock, lastMoment(store)), order: number * 2 ** 32 }
}

/** Belongs inside a transaction. */
export function recordSession({ db }: Store, { number }: JournalSession): void {
  db.prepare("INSERT OR REPLACE INTO meta VALUES ('session', ?)").run(number)
}

/** About the latest moment that the journal recorded by the clock that never jumps; 0: none. */
function lastMoment({ db }: Store): number {
  const last = db.prepare(`
    SELECT max(accept_clock, coalesce(start_clock, 0), coalesce(final_clock, 0)) AS moment
    FROM command ORDER BY seq DESC LIMIT 1000`)
  return last.all().reduce((latest, { moment }) => Math.max(latest, Number(moment)), 0)
}
