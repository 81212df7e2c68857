import type { HistoryQuery, HistoryState } from '../../journal/index.ts'
import { readMoment } from './times.ts'

/** The flags that choose among commands. */
export interface FilterFlags {
  readonly type?: string
  readonly plugin?: string
  readonly state?: HistoryState
  readonly user?: string
  readonly since?: string
  readonly until?: string
  readonly text?: string
}

/** @throws LocalError `USAGE` where a time can't be read. */
export function queryOf({ type, plugin, state, user, since, until, text }: FilterFlags): HistoryQuery {
  return {
    ...(type !== undefined && { type }),
    ...(plugin !== undefined && { plugin }),
    ...(state !== undefined && { state }),
    ...(user !== undefined && { user }),
    ...(text !== undefined && { text }),
    ...(since !== undefined && { since: readMoment(since) }),
    ...(until !== undefined && { until: readMoment(until) }),
  }
}
