import type { CommandType } from '../dispatch/contract.ts'
import { type Level, ruleFor, secondsUntil } from './levels.ts'
import type { LimitUse } from './limit-use.ts'
import { Scope } from './scope.ts'

/** What the agent itself allows, over all its plugins. */
export interface AgentLimits {
  readonly maxConcurrentCommands: number
  readonly maxQueuedCommands: number
}

/** A scope that a command needs a place in, and how it stands. */
export interface ScopeCheck {
  readonly scope: Scope
  use(): LimitUse
}

type RuleOf = (limit: 'concurrent' | 'queued') => string

/** Empty ones are looked for when there are so many: users come and go. */
const TIDY_FROM = 256

const AGENT_KEYS = { concurrent: ['limits', 'maxConcurrentCommands'], queued: ['limits', 'maxQueuedCommands'] } as const

/** Every scope that commands hold places in. */
export class Scopes {
  readonly #scopes = new Map<string, Scope>()
  readonly #agent: AgentLimits
  readonly #ruleOf: (keys: readonly string[]) => string

  constructor(agent: AgentLimits, ruleOf: (keys: readonly string[]) => string) {
    this.#agent = agent
    this.#ruleOf = ruleOf
  }

  /** Narrowest first, so that a command that waits for its type holds no place of the agent's. */
  for(type: CommandType, levels: readonly Level[]): readonly ScopeCheck[] {
    this.#tidy()
    const { plugin, pluginLimits } = type
    const ofPlugin = (limit: string) => `plugins.${plugin}.limits.*.${limit}`
    return [
      ...levels.flatMap((level) => this.#ofRequester(type, level)),
      this.#own(`type:${type.type}`, `${type.type} commands`, type.limits, (limit) => ruleFor(type, limit)),
      ...(pluginLimits === undefined
        ? []
        : [this.#own(`plugin:${plugin}`, `commands of ${plugin}`, pluginLimits, ofPlugin)]),
      this.#own('agent', 'commands of the agent', {}, ofPlugin),
    ]
  }

  /** Of a user or role none may wait for the others to end: that place would be taken from everybody. */
  #ofRequester(type: CommandType, { label, by, limits, path }: Level): ScopeCheck[] {
    if (path.length === 0 || limits.concurrent === undefined) return []
    const scope = this.#scopeOf(JSON.stringify([type.type, by.user, by.role]), limits.concurrent, 0)
    return [{ scope, use: () => placeUse(scope, label, () => ruleFor(type, ...path, 'concurrent')) }]
  }

  #own(key: string, label: string, limits: CommandType['limits'], rule: RuleOf): ScopeCheck {
    const { maxConcurrentCommands, maxQueuedCommands } = this.#agent
    const scope = this.#scopeOf(key, limits.concurrent ?? maxConcurrentCommands, limits.queued ?? maxQueuedCommands)
    const ruleOf: RuleOf = (limit) => (limits[limit] === undefined ? this.#ruleOf(AGENT_KEYS[limit]) : rule(limit))
    return { scope, use: () => placeUse(scope, label, ruleOf) }
  }

  /** Its room may have changed; those that run or wait in it stay. */
  #scopeOf(key: string, concurrent: number, queued: number): Scope {
    const scope = this.#scopes.get(key) ?? new Scope({ concurrent, queued })
    this.#scopes.set(key, scope)
    if (scope.room.concurrent !== concurrent || scope.room.queued !== queued) scope.room = { concurrent, queued }
    return scope
  }

  #tidy(): void {
    if (this.#scopes.size < TIDY_FROM) return
    for (const [key, { running, waiting }] of this.#scopes) if (running + waiting === 0) this.#scopes.delete(key)
  }
}

function placeUse(scope: Scope, of: string, rule: RuleOf): LimitUse {
  const { concurrent, queued } = scope.room
  const { soonestEnd } = scope
  return {
    ...{ kind: 'concurrent', of, max: concurrent, used: scope.running, maxWaiting: queued, waiting: scope.waiting },
    rule: rule(queued === 0 ? 'concurrent' : 'queued'),
    full: !scope.hasPlace,
    retryAfterSeconds: Number.isFinite(soonestEnd) ? secondsUntil(soonestEnd - performance.now()) : undefined,
  }
}
