import type { Admission, CommandType, Place } from '../dispatch/contract.ts'
import { type Level, levelsOf, type Requester } from './levels.ts'
import { type LimitUse, refusalOf } from './limit-use.ts'
import type { Hold, Scope } from './scope.ts'
import { type AgentLimits, Scopes } from './scopes.ts'
import type { UsageSince } from './usage.ts'
import { WindowChecks } from './window-checks.ts'
import type { RateWindow, StartsSince } from './windows.ts'

export interface LimitOptions {
  readonly agent: AgentLimits
  readonly startsSince: StartsSince
  /** Default: nothing was used. */
  readonly usageSince?: UsageSince
  /** In ms, by the same clock as the two above. Default: Date.now. */
  readonly now?: () => number
  /** Names the place that says a key of the config. Default: the key itself. */
  readonly ruleOf?: (keys: readonly string[]) => string
}

/** Decides who may run, and tells how the limits stand. */
export interface Limiter extends Admission {
  /** Every limit that a command of this type and requester meets, narrowest first. Takes nothing. @throws what the journal says. */
  look(type: CommandType, requester: Requester): Promise<readonly LimitUse[]>
}

function hasWindow({ limits }: Level): boolean {
  return limits.rate !== undefined || limits.usage !== undefined
}

const NOBODY: Requester = { user: null, role: null }

/** Limits of types, users, roles, plugins and the agent. */
export function createLimits(options: LimitOptions): Limiter {
  const { now = Date.now, usageSince = async () => [], ruleOf = (keys) => keys.join('.') } = options
  const scopes = new Scopes(options.agent, ruleOf)
  const windows = new WindowChecks({ startsSince: options.startsSince, usageSince, now })

  async function checksFor(type: CommandType, requester: Requester) {
    const levels = levelsOf(type, requester)
    // Most types have none, and commands are many
    const inWindows = levels.some(hasWindow) ? await windows.for(type, levels) : []
    return { inScopes: scopes.for(type, levels), inWindows }
  }

  return {
    async admit(type, deadlineMs, requester = NOBODY) {
      const { inScopes, inWindows } = await checksFor(type, requester)
      // Nothing below waits, so two commands can't both take the last place
      const full = inScopes.find(({ scope }) => !scope.hasPlace)?.use()
      const spent = full ?? inWindows.map((check) => check.use()).find((use) => use.full)
      if (spent !== undefined) return { failure: refusalOf(spent) }
      const counted = inWindows.flatMap(({ window }) => window ?? [])
      return takePlace(
        inScopes.map(({ scope }) => scope),
        counted,
        deadlineMs,
        now(),
      )
    },
    async look(type, requester) {
      const { inScopes, inWindows } = await checksFor(type, requester)
      return [...inScopes, ...inWindows].map((check) => check.use())
    },
  }
}

function takePlace(scopes: readonly Scope[], windows: readonly RateWindow[], deadlineMs: number, start: number): Place {
  const holds: readonly Hold[] = scopes.map((scope) => scope.admit())
  // Counted from now on; taken back if the command never starts, since only started runs count
  for (const window of windows) window.starts.push(start)
  let started = false
  let released = false
  return {
    async wait(signal) {
      for (const hold of holds) if (!(await hold.begin(signal))) return false
      for (const hold of holds) hold.endsBy(performance.now() + deadlineMs)
      started = true
      return true
    },
    release(counts = true) {
      for (const hold of holds) hold.release()
      if (!released && !(started && counts)) for (const window of windows) takeBack(window, start)
      released = true
    },
  }
}

/** One that waited for longer than its window reaches is in it no more. */
function takeBack({ starts }: RateWindow, start: number): void {
  const at = starts.indexOf(start)
  if (at !== -1) starts.splice(at, 1)
}
