import type { Limits } from '@gururmm/plugin-sdk'
import { Sema } from 'async-sema'
import type { Admission, CommandType, Failure, Place } from '../dispatch/contract.ts'

/** What the agent itself allows, over all its plugins. */
export interface AgentLimits {
  readonly maxConcurrentCommands: number
  readonly maxQueuedCommands: number
}

interface Scope {
  readonly label: string
  /** Where the operator set the limits. */
  rules: { readonly concurrent: string; readonly queued: string }
  readonly limits: { readonly concurrent: number; readonly queued: number }
  readonly sema: Sema
  waiting: number
  /** Latest ends of those running, by performance.now(). */
  readonly ends: Set<{ at: number }>
}

interface RateWindow {
  starts: number[]
}

/**
 * @param options.startsSince where the starts before this process are known from; see Journal.startsSince.
 * @param options.now in ms, by the same clock as `startsSince`. Default: Date.now.
 */
export function createLimits(options: {
  readonly agent: AgentLimits
  readonly startsSince: (type: string, since: number) => Promise<readonly number[]>
  readonly now?: () => number
}): Admission {
  const now = options.now ?? Date.now
  const scopes = new Map<string, Scope>()
  const windows = new Map<string, Promise<RateWindow>>()

  /** The limits in force may change live; a scope whose limits changed is made anew, and those in the old one end there. */
  function scopeOf(key: string, label: string, rules: Scope['rules'], limits: Limits): Scope {
    const concurrent = limits.concurrent ?? options.agent.maxConcurrentCommands
    const queued = limits.queued ?? options.agent.maxQueuedCommands
    const known = scopes.get(key)
    if (known !== undefined && known.limits.concurrent === concurrent && known.limits.queued === queued) {
      known.rules = rules
      return known
    }
    const ends = new Set<{ at: number }>()
    const scope = { label, rules, limits: { concurrent, queued }, sema: new Sema(concurrent), waiting: 0, ends }
    scopes.set(key, scope)
    return scope
  }

  /** Narrowest first, so that a command that waits for its type holds no place of the agent's. */
  function scopesOf(type: CommandType): Scope[] {
    const ofAgent = { concurrent: 'limits.maxConcurrentCommands', queued: 'limits.maxQueuedCommands' }
    const ofType = {
      concurrent: type.limits.concurrent === undefined ? ofAgent.concurrent : ruleOf(type, 'concurrent'),
      queued: type.limits.queued === undefined ? ofAgent.queued : ruleOf(type, 'queued'),
    }
    const found = [scopeOf(`type:${type.type}`, `${type.type} commands`, ofType, type.limits)]
    if (type.pluginLimits !== undefined) {
      const at = `plugins.${type.plugin}.limits.*`
      const ofPlugin = { concurrent: `${at}.concurrent`, queued: `${at}.queued` }
      found.push(scopeOf(`plugin:${type.plugin}`, `commands of ${type.plugin}`, ofPlugin, type.pluginLimits))
    }
    found.push(scopeOf('agent', 'commands of the agent', ofAgent, {}))
    return found
  }

  /** Seeded from the journal at first use, so that a restart does not empty the window. */
  function windowOf(type: string, windowMs: number): Promise<RateWindow> {
    const key = `${type} ${windowMs}`
    const known = windows.get(key)
    if (known !== undefined) return known
    const seeded = options.startsSince(type, now() - windowMs).then((starts) => ({ starts: [...starts] }))
    // A journal that could not answer is asked again at the next command.
    seeded.catch(() => windows.delete(key))
    windows.set(key, seeded)
    return seeded
  }

  return {
    async admit(type, deadlineMs) {
      const { rate } = type.limits
      const window = rate === undefined ? undefined : await windowOf(type.type, rate.windowSeconds * 1000)
      // Nothing below waits, so two commands can't both take the last place.
      const full = scopesOf(type).find((scope) => !hasPlace(scope))
      if (full !== undefined) return { failure: fullFailure(full) }
      if (rate !== undefined && window !== undefined) {
        const failure = rateFailure(type, rate, window, now())
        if (failure !== undefined) return { failure }
      }
      return takePlace(scopesOf(type), window, deadlineMs, now)
    },
  }
}

function ruleOf(type: CommandType, limit: string): string {
  return type.ruleOf?.(limit) ?? `plugins.${type.plugin}.limits.${type.type}.${limit}`
}

function hasPlace(scope: Scope): boolean {
  return scope.ends.size + scope.waiting < scope.limits.concurrent + scope.limits.queued
}

function takePlace(
  scopes: readonly Scope[],
  window: RateWindow | undefined,
  deadlineMs: number,
  now: () => number,
): Place {
  const end = { at: Number.POSITIVE_INFINITY }
  const waitingIn = new Set(scopes)
  const heldIn = new Set<Scope>()
  // Counted from now on; taken back if the command never starts, since only started runs count.
  const start = now()
  let started = false
  window?.starts.push(start)
  for (const scope of scopes) scope.waiting++

  return {
    async wait(signal) {
      for (const scope of scopes) {
        if (!(await acquire(scope.sema, signal))) return false
        waitingIn.delete(scope)
        scope.waiting--
        heldIn.add(scope)
        scope.ends.add(end)
      }
      end.at = performance.now() + deadlineMs
      started = true
      return true
    },
    release() {
      for (const scope of waitingIn) scope.waiting--
      for (const scope of heldIn) {
        scope.ends.delete(end)
        scope.sema.release()
      }
      waitingIn.clear()
      heldIn.clear()
      if (!started) window?.starts.splice(window.starts.indexOf(start), 1)
      started = true
    },
  }
}

/** A waiter of async-sema can't be withdrawn: an aborted one gives its permit back when it comes. */
async function acquire(sema: Sema, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false
  if (sema.tryAcquire() !== undefined) return true
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const abort = () => resolve(false)
  signal.addEventListener('abort', abort, { once: true })
  sema.acquire().then(() => {
    signal.removeEventListener('abort', abort)
    if (signal.aborted) sema.release()
    else resolve(true)
  }, abort)
  return await promise
}

function fullFailure(scope: Scope): Failure {
  const { concurrent, queued } = scope.limits
  const soonest = Math.min(...scope.ends.values().map((end) => end.at))
  const seconds = Math.max(1, Math.ceil((soonest - performance.now()) / 1000))
  const retry = Number.isFinite(seconds) ? { retryAfterSeconds: seconds } : {}
  const hint = Number.isFinite(seconds) ? `one ends in ${seconds} s at the latest` : 'try again later'
  const waiting = queued === 0 ? 'none may wait' : `${queued} wait, as many as may`
  const taken = `${concurrent} ${scope.label} are running and ${waiting}`
  return {
    code: queued === 0 ? 'LIMIT_CONCURRENT' : 'LIMIT_QUEUE',
    message: `Refused, not run: ${taken}; ${hint}.`,
    rule: queued === 0 ? scope.rules.concurrent : scope.rules.queued,
    ...retry,
  }
}

function rateFailure(
  type: CommandType,
  rate: NonNullable<Limits['rate']>,
  window: RateWindow,
  now: number,
): Failure | undefined {
  const windowMs = rate.windowSeconds * 1000
  window.starts = window.starts.filter((start) => start > now - windowMs)
  if (window.starts.length < rate.count) return undefined
  // The place comes free when the start that is `count` back leaves the window.
  const leaving = window.starts[window.starts.length - rate.count] ?? now
  const seconds = rate.count === 0 ? rate.windowSeconds : Math.max(1, Math.ceil((leaving + windowMs - now) / 1000))
  return {
    code: 'LIMIT_RATE',
    message:
      `Refused, not run: ${rate.count} ${type.type} commands in ${rate.windowSeconds} s are allowed and as many ` +
      `have started; try again in ${seconds} s.`,
    retryAfterSeconds: seconds,
    rule: ruleOf(type, 'rate'),
  }
}
