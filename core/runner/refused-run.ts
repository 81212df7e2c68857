import type { CommandError, Run } from '@gururmm/plugin-sdk'
import { observed } from './input.ts'

/** A run of a program that was not started: everything awaited of it rejects with the reason. */
export function refusedRun(reason: CommandError | Promise<CommandError>): Run {
  const fail = async (): Promise<never> => {
    throw await reason
  }
  return {
    write: () => observed(fail()),
    end() {},
    stop() {},
    lines: () => ({ [Symbol.asyncIterator]: () => ({ next: fail }) }),
    ended: observed(fail()),
  }
}
