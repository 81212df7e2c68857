import type { DurableJournal, JournalHealth } from '../journal/index.ts'

/** Opening a journal takes milliseconds; a disk that keeps one waiting for so long is worth a word. */
const SLOW_MS = 3000

type Asynchronous = Exclude<keyof DurableJournal, 'outboxSize' | 'health' | 'fit'>

/**
 * A journal that is still being opened, so that the server can be dialled meanwhile, and a disk that does not answer delays no
 * heartbeat. All that is asked of it waits, in the order of the calls; where it can't be opened, each call is rejected with why.
 */
export function openingJournal(opening: Promise<DurableJournal>): DurableJournal {
  const begunAt = { steady: performance.now(), wall: Date.now() }
  let opened: DurableJournal | null = null
  opening.then(
    (journal) => {
      opened = journal
    },
    // Whoever asks is told.
    () => {},
  )
  const later = <Name extends Asynchronous>(name: Name): DurableJournal[Name] => {
    const call = async (...args: readonly unknown[]) => {
      const journal = opened ?? (await opening)
      return (journal[name] as (...args: readonly unknown[]) => Promise<unknown>)(...args)
    }
    return call as DurableJournal[Name]
  }
  return {
    lookup: later('lookup'),
    accept: later('accept'),
    start: later('start'),
    finish: later('finish'),
    refuse: later('refuse'),
    acknowledge: later('acknowledge'),
    outbox: later('outbox'),
    startsSince: later('startsSince'),
    usageSince: later('usageSince'),
    unfinished: later('unfinished'),
    recordRun: later('recordRun'),
    history: later('history'),
    entry: later('entry'),
    maintain: later('maintain'),
    close: later('close'),
    // What has not been recorded need not fit.
    fit: (result) => opened?.fit(result) ?? result,
    health: () => opened?.health() ?? healthWhileOpening(begunAt),
    get outboxSize() {
      return opened?.outboxSize ?? 0
    },
  }
}

/** Commands wait and are not refused: it counts as available, until that takes suspiciously long. */
function healthWhileOpening(begunAt: { readonly steady: number; readonly wall: number }): JournalHealth {
  const waited = performance.now() - begunAt.steady
  const slow = waited > SLOW_MS
  return {
    available: !slow,
    reason: slow ? `the disk of the data folder has not answered for ${Math.round(waited / 1000)} s` : null,
    since: slow ? begunAt.wall : null,
    damage: null,
    outbox: 0,
    bytes: 0,
  }
}
