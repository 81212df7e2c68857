import type { RequesterLimits } from '@gururmm/plugin-sdk'
import type { CommandType } from '../dispatch/contract.ts'
import { type Level, ruleFor, secondsUntil } from './levels.ts'
import type { LimitUse } from './limit-use.ts'
import { freeAgainAt, isSpent, sumOf, type UsageSince } from './usage.ts'
import { type RateWindow, RateWindows, type StartsSince, startsWithin } from './windows.ts'

/** A limit over a window of time, and how it stands. */
export interface WindowCheck {
  use(): LimitUse
  /** Of a rate: the starts that a new one is counted among. */
  readonly window?: RateWindow
}

type Ceiling = NonNullable<RequesterLimits['usage']>[string]

/** Where the windows' content comes from; times in ms by one clock. */
export interface WindowSources {
  readonly startsSince: StartsSince
  readonly usageSince: UsageSince
  readonly now: () => number
}

/** Limits over windows of time: how many started, how much was used. */
export class WindowChecks {
  readonly #sources: WindowSources
  readonly #windows: RateWindows

  constructor(sources: WindowSources) {
    this.#sources = sources
    this.#windows = new RateWindows(sources.startsSince, sources.now)
  }

  /** @throws what the journal says. */
  async for(type: CommandType, levels: readonly Level[]): Promise<readonly WindowCheck[]> {
    const checks = levels.flatMap((level) => {
      const { rate, usage = {} } = level.limits
      return [
        ...(rate === undefined ? [] : [this.#rate(type, level, rate)]),
        ...Object.entries(usage).map(([key, ceiling]) => this.#usage(type, level, key, ceiling)),
      ]
    })
    return Promise.all(checks)
  }

  async #rate(
    type: CommandType,
    { label, by, path }: Level,
    { count, windowSeconds }: NonNullable<RequesterLimits['rate']>,
  ): Promise<WindowCheck> {
    const { now } = this.#sources
    const windowMs = windowSeconds * 1000
    const window = await this.#windows.of(type.type, by, windowMs)
    const use = (): LimitUse => {
      const starts = startsWithin(window, windowMs, now())
      // A place comes free when the start that is `count` back leaves the window
      const leaving = starts.at(-count) ?? now()
      const wait = count === 0 ? windowSeconds : secondsUntil(leaving + windowMs - now())
      return {
        ...{ kind: 'rate', of: label, max: count, used: starts.length, windowSeconds },
        rule: ruleFor(type, ...path, 'rate'),
        full: starts.length >= count,
        retryAfterSeconds: wait,
      }
    }
    return { use, window }
  }

  async #usage(
    type: CommandType,
    { label, by, path }: Level,
    key: string,
    { max, windowSeconds }: Ceiling,
  ): Promise<WindowCheck> {
    const { now, usageSince } = this.#sources
    const spent = await usageSince(type.type, key, now() - windowSeconds * 1000, by)
    const use = (): LimitUse => {
      const free = freeAgainAt(spent, max, windowSeconds * 1000)
      return {
        ...{ kind: 'usage', key, of: label, max, used: sumOf(spent), windowSeconds },
        rule: ruleFor(type, ...path, 'usage', key),
        full: isSpent(spent, max),
        retryAfterSeconds: free === undefined ? windowSeconds : secondsUntil(free - now()),
      }
    }
    return { use }
  }
}
