import type { Plugin } from '@gururmm/plugin-sdk'
import type { Failure } from '../dispatch/contract.ts'
import type { LoadOptions } from './load.ts'

/** What a plugin's record is made with. */
export interface RecordOptions extends Omit<LoadOptions, 'onDescribed'> {
  readonly given: Plugin | undefined
  /** When the first load may begin. Never rejects. */
  readonly begin: Promise<unknown>
  /** Told of every change for the worse. */
  readonly onProblem: (problem: Failure, error: unknown) => void
}
