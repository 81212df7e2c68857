export { systemClock } from './clock.ts'
export type {
  Damage,
  DurableJournal,
  HistoryDetail,
  HistoryEntry,
  HistoryPage,
  HistoryQuery,
  HistoryState,
  JournalClock,
  JournalHealth,
  JournalLimits,
  JournalOptions,
  RunMark,
  UnfinishedCommand,
} from './contract.ts'
export { FAILPOINTS, failpoint } from './failpoints.ts'
export { openJournal } from './open-journal.ts'
