import type { Limits } from '@gururmm/plugin-sdk'
import t from 'tap'
import { buildConfig } from '../../../core/config/index.ts'
import { findWidening, narrowLimits } from '../../../core/limits/narrow.ts'
import type { PluginHost } from '../../../core/plugins/contract.ts'
import { isOn } from '../../../core/plugins/settings.ts'
import { Policy } from '../../../core/policy/index.ts'
import { bufferLogger } from '../../helpers/logger.ts'

const PAIRS = 10_000

/** Mulberry32; the seed is printed where a pair fails. */
function randomOf(seed: number) {
  let state = seed
  return (below: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

type Random = ReturnType<typeof randomOf>

function limitsFrom(random: Random): Limits {
  const maybe = <T>(value: T) => (random(2) === 0 ? value : undefined)
  const limits = {
    concurrent: maybe(1 + random(6)),
    queued: maybe(random(6)),
    rate: maybe({ count: random(6), windowSeconds: 1 + random(6) }),
  }
  return JSON.parse(JSON.stringify(limits)) as Limits
}

function pluginsFrom(random: Random, more: (random: Random) => object): Record<string, Record<string, unknown>> {
  const names = ['a', 'b', 'c'].filter(() => random(3) > 0)
  const entries = names.map((name) => [
    name,
    { ...more(random), limits: { x: limitsFrom(random), y: limitsFrom(random) } },
  ])
  return Object.fromEntries(entries)
}

/** Everything that `inner` lets through, `outer` lets through too. */
function isWithin(inner: Limits, outer: Limits): boolean {
  const upTo = (a: number | undefined, b: number | undefined) => b === undefined || (a !== undefined && a <= b)
  const rate =
    outer.rate === undefined ||
    (inner.rate !== undefined &&
      inner.rate.count <= outer.rate.count &&
      inner.rate.windowSeconds >= outer.rate.windowSeconds)
  return upTo(inner.concurrent, outer.concurrent) && upTo(inner.queued, outer.queued) && rate
}

function loadedWith(plugins: object) {
  const text = JSON.stringify({ agent: { dataDir: '/nowhere/at/all' }, server: { url: 'ws://127.0.0.1:9' }, plugins })
  return buildConfig('/nowhere/agent.config.json', text, { env: {} })
}

t.test(`whatever the server sends, what is in force is within the config (${PAIRS} random pairs)`, async (t) => {
  const seed = Date.now()
  const random = randomOf(seed)
  let [taken, refused, broken] = [0, 0, 0]
  for (let pair = 0; pair < PAIRS; pair++) {
    const local = pluginsFrom(random, () => ({ enabled: random(2) === 0 }))
    let loaded = loadedWith(local)
    const ownLimits: PluginHost['ownLimits'] = (name) => loaded.config.plugins[name]?.limits as never
    const host = { ownLimits, reconfigure: async () => {}, disable: async () => {} } as unknown as PluginHost
    const policy = new Policy({ loaded, kept: { state: 'none' }, logger: bufferLogger() })
    policy.follow(host)
    const profile = pluginsFrom(random, () => (random(2) === 0 ? { enabled: random(8) === 0 } : {}))
    const { error } = await policy.receive({ revision: pair, plugins: profile })
    if (error?.code === 'SITE_PROFILE_NOT_KEPT') taken++
    else refused++
    // The config may change under a profile that was taken
    if (random(2) === 0) {
      loaded = loadedWith(pluginsFrom(random, () => ({ enabled: random(2) === 0 })))
      await policy.adopt(loaded)
    }
    for (const [name, own] of Object.entries(loaded.config.plugins)) {
      const inForce = policy.settings[name]
      if (inForce === undefined) continue
      const limitsOf = (type: string) => narrowLimits(own.limits?.[type] ?? {}, inForce.narrowing?.limits[type] ?? {})
      const fits = ['x', 'y'].every((type) => isWithin(limitsOf(type), own.limits?.[type] ?? {}))
      if ((isOn(inForce) && !own.enabled) || !fits) broken++
    }
  }
  t.equal(broken, 0, `seed ${seed}`)
  t.ok(taken > PAIRS / 100 && refused > PAIRS / 100, `both kinds came up: ${taken} taken, ${refused} refused`)
})

t.test('what only narrows is what changes nothing when the other is laid over it', async (t) => {
  const seed = Date.now()
  const random = randomOf(seed)
  let differences = 0
  for (let pair = 0; pair < PAIRS; pair++) {
    const [own, wanted] = [limitsFrom(random), limitsFrom(random)]
    const only = findWidening(own, wanted) === undefined
    const both = narrowLimits(own, wanted)
    const asWanted = (Object.keys(wanted) as (keyof Limits)[]).every(
      (key) => JSON.stringify(both[key]) === JSON.stringify(wanted[key]),
    )
    if (only !== asWanted || !isWithin(both, own) || !isWithin(both, wanted)) differences++
  }
  t.equal(differences, 0, `seed ${seed}`)
})
