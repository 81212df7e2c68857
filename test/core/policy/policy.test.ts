import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { buildConfig } from '../../../core/config/index.ts'
import { createLimits } from '../../../core/limits/limits.ts'
import { Policy, PROFILE_FILE, readKeptProfile } from '../../../core/policy/index.ts'
import { bufferLogger } from '../../helpers/logger.ts'
import { hostOf, type TestHost, typeOf } from '../../helpers/plugin-host.ts'

const SITES = { clinic: { plugins: { good: { limits: { good_wait: { concurrent: 3 } } } } } }
const GOOD = { limits: { good: { rate: { count: 10, windowSeconds: 60 } } }, config: {} }

function refused(host: TestHost, type: string) {
  const found = host.registry.find(type)
  return 'failure' in found ? found.failure : null
}

/** A policy over the fixture plugin `good`, whose manifest says concurrent 2 for `good`. */
async function policyOf(t: Test, plugins: object = { good: GOOD }, change: object = {}) {
  const dir = t.testdir({ data: {} })
  const load = (next: object = plugins, more: object = {}) => {
    const text = JSON.stringify({
      agent: { dataDir: './data', site: 'clinic' },
      server: { url: 'ws://127.0.0.1:9' },
      plugins: next,
      sites: SITES,
      ...change,
      ...more,
    })
    return buildConfig(join(dir, 'agent.config.json'), text, { env: {} })
  }
  const dataDir = join(dir, 'data')
  const logger = bufferLogger()
  const start = async (loaded = load()) => {
    const policy = new Policy({ loaded, kept: await readKeptProfile(dataDir), logger })
    const host = hostOf(t, policy.settings as never)
    await host.ready
    policy.follow(host)
    return { policy, host }
  }
  return { ...(await start()), start, load, dataDir, logger }
}

t.test('a profile switches off at once; the refusal and the status name it', async (t) => {
  const { policy, host } = await policyOf(t)
  t.same(policy.status, { state: 'none', revision: null, receivedAt: null, plugins: {}, problem: null })
  const applied = policy.receive({ revision: 7, plugins: { good: { enabled: false } } })
  t.match(host.registry.find('good'), {
    failure: { code: 'PLUGIN_DISABLED', rule: 'site profile 7: plugins.good.enabled' },
  })
  t.same(await applied, { revision: 7 })
  t.match(host.list(), [{ state: 'disabled', reason: /site profile \(revision 7\)/ }])
  t.match(policy.status, { state: 'in_force', revision: 7, plugins: { good: { enabled: false } }, problem: null })
  t.same(await policy.receive({ revision: 8, plugins: {} }), { revision: 8 })
  t.ok(typeOf(host, 'good'), 'a newer one gives back what the profile alone took away')
})

t.test('limits are narrowed number by number, and refusals name who did it', async (t) => {
  const { policy, host } = await policyOf(t)
  await policy.receive({
    revision: 1,
    plugins: { good: { limits: { good: { concurrent: 1, rate: { count: 5, windowSeconds: 3600 } } } } },
  })
  const type = typeOf(host, 'good')
  t.match(type.limits, { concurrent: 1, rate: { count: 5, windowSeconds: 3600 } })
  t.equal(type.ruleOf?.('rate'), 'site profile 1: plugins.good.limits.good.rate')
  const limits = createLimits({
    agent: { maxConcurrentCommands: 9, maxQueuedCommands: 0 },
    startsSince: async () => [],
  })
  await limits.admit(type, 1000)
  t.match(await limits.admit(type, 1000), { failure: { rule: /^site profile 1: .*\.concurrent$/ } })
})

t.test('rules name the layer that says them', async (t) => {
  const { host, policy, load } = await policyOf(t)
  t.equal(typeOf(host, 'good').ruleOf?.('concurrent'), 'default of the plugin good: commands.good.limits.concurrent')
  t.equal(typeOf(host, 'good').ruleOf?.('rate'), 'agent.config.json: plugins.good.limits.good.rate')
  t.equal(
    typeOf(host, 'good_wait').ruleOf?.('concurrent'),
    'agent.config.json: sites.clinic.plugins.good.limits.good_wait.concurrent',
  )
  await policy.adopt(load({ good: GOOD }, { sites: { clinic: { plugins: { good: { enabled: false } } } } }))
  t.match(refused(host, 'good'), { rule: 'agent.config.json: sites.clinic.plugins.good.enabled' })
  await policy.adopt(load({ good: { ...GOOD, enabled: false } }, { sites: {} }))
  t.match(refused(host, 'good'), { rule: 'agent.config.json: plugins.good.enabled' })
})

t.test('whatever is more than narrowing is refused as a whole, and the one before stays', async (t) => {
  const { policy, host } = await policyOf(t)
  await policy.receive({ revision: 3, plugins: { good: { limits: { good: { concurrent: 1 } } } } })
  const limited = (limits: object) => ({ revision: 9, plugins: { good: { enabled: false, limits } } })
  const cases: [unknown, string, RegExp][] = [
    [
      limited({ good: { concurrent: 3 } }),
      'SITE_PROFILE_WIDENS',
      /plugins\.good\.limits\.good\.concurrent must be at most 2.*not 3/,
    ],
    [
      limited({ good: { rate: { count: 11, windowSeconds: 60 } } }),
      'SITE_PROFILE_WIDENS',
      /rate\.count must be at most 10/,
    ],
    [
      limited({ good: { rate: { count: 1, windowSeconds: 59 } } }),
      'SITE_PROFILE_WIDENS',
      /windowSeconds must be at least 60/,
    ],
    [limited({ good_wait: { concurrent: 17 } }), 'SITE_PROFILE_WIDENS', /at most 3/],
    [limited({ good_wait: { queued: 65 } }), 'SITE_PROFILE_WIDENS', /queued must be at most 64/],
    [
      { revision: 9, plugins: { good: { enabled: true } } },
      'SITE_PROFILE_INVALID',
      /plugins\.good\.enabled must be false, not true/,
    ],
    [{ revision: 9, plugins: { good: { config: {} } } }, 'SITE_PROFILE_INVALID', /plugins\.good/],
    [{ revision: 9, plugins: {}, site: 'hq' }, 'SITE_PROFILE_INVALID', /site/],
    [{ revision: 9.5, plugins: {} }, 'SITE_PROFILE_INVALID', /revision/],
    [{ revision: 9 }, 'SITE_PROFILE_INVALID', /plugins/],
    [[], 'SITE_PROFILE_INVALID', /object/],
    [{ revision: 2, plugins: {} }, 'SITE_PROFILE_OUTDATED', /revision 3 is in force, and this one has 2/],
    [{ revision: 3, plugins: {} }, 'SITE_PROFILE_OUTDATED', /another content/],
  ]
  for (const [profile, code, message] of cases) {
    const { error } = await policy.receive(profile)
    t.match(error, { code, message }, JSON.stringify(profile))
    t.match(policy.status, { revision: 3, problem: message })
    t.match(typeOf(host, 'good').limits, { concurrent: 1 })
  }
  t.same(await policy.receive({ revision: 3, plugins: { good: { limits: { good: { concurrent: 1 } } } } }), {
    revision: 3,
  })
  t.equal(policy.status.problem, null, 'the same again is taken')
})

t.test('it never enables what the operator switched off, before or after', async (t) => {
  const { policy, host, load } = await policyOf(t, { good: { ...GOOD, enabled: false } }, { sites: {} })
  await policy.receive({ revision: 1, plugins: { good: { limits: { good: { concurrent: 1 } } } } })
  t.match(refused(host, 'good'), { rule: 'agent.config.json: plugins.good.enabled' })
  await policy.adopt(load({ good: GOOD }))
  t.match(typeOf(host, 'good').limits, { concurrent: 1 }, 'it waited for the plugin')
  await policy.receive({ revision: 2, plugins: {} })
  await policy.adopt(load({}))
  t.match(refused(host, 'good'), { code: 'PLUGIN_DISABLED' })
})

t.test('names that this agent lacks are told, and narrow nothing else', async (t) => {
  const { policy } = await policyOf(t)
  const plugins = { goood: { enabled: false }, good: { limits: { goood: { concurrent: 1 } } } }
  t.same(await policy.receive({ revision: 1, plugins }), {
    revision: 1,
    unknown: ['plugins.goood', 'plugins.good.limits.goood'],
  })
})

t.test('it holds after a restart, and at its own site alone', async (t) => {
  const { policy, start, load } = await policyOf(t)
  await policy.receive({ revision: 4, plugins: { good: { enabled: false } } })
  const again = await start()
  t.match(refused(again.host, 'good'), { rule: 'site profile 4: plugins.good.enabled' })
  t.match((await again.policy.receive({ revision: 3, plugins: {} })).error, { code: 'SITE_PROFILE_OUTDATED' })
  const moved = await start(load({ good: GOOD }, { agent: { dataDir: './data', site: 'office' } }))
  t.equal(moved.policy.status.state, 'none')
  t.ok(typeOf(moved.host, 'good'))
})

t.test('damaged, it takes everything away until the server sends it again', async (t) => {
  const { policy, start, dataDir, logger } = await policyOf(t)
  await policy.receive({ revision: 4, plugins: { other: { enabled: false } } })
  const file = join(dataDir, PROFILE_FILE)
  writeFileSync(file, readFileSync(file, 'utf8').replace('"other"', '"aother"'))
  const again = await start()
  t.match(refused(again.host, 'good'), { code: 'PLUGIN_DISABLED', rule: /damaged/ })
  t.match(again.policy.status, { state: 'damaged', revision: null, problem: /damaged.*sends it again/ })
  t.match(again.host.list(), [{ reason: /damaged/ }])
  t.ok(logger.lines.some(({ level }) => level === 'error'))
  t.same(await again.policy.receive({ revision: 1, plugins: {} }), { revision: 1 })
  t.ok(typeOf(again.host, 'good'))
  t.match(await readKeptProfile(dataDir), { state: 'kept', profile: { revision: 1 } })
})

t.test('one that can’t be kept is in force all the same, and is kept when it comes again', async (t) => {
  const { policy, host, dataDir } = await policyOf(t)
  rmSync(dataDir, { recursive: true })
  const profile = { revision: 1, plugins: { good: { enabled: false } } }
  t.match(await policy.receive(profile), { revision: 1, error: { code: 'SITE_PROFILE_NOT_KEPT' } })
  t.match(refused(host, 'good'), { code: 'PLUGIN_DISABLED' })
  mkdirSync(dataDir)
  t.same(await policy.receive(profile), { revision: 1 })
  t.match(await readKeptProfile(dataDir), { state: 'kept', profile })
})

t.test('what a broken new config leaves in force is narrowed too', async (t) => {
  const { policy, host, load } = await policyOf(t)
  await policy.adopt(load({ good: { ...GOOD, config: { greeting: 7 } } }))
  t.match(host.list(), [{ state: 'enabled', code: 'PLUGIN_CONFIG_INVALID' }])
  await policy.receive({ revision: 1, plugins: { good: { limits: { good: { concurrent: 1 } } } } })
  t.match(typeOf(host, 'good').limits, { concurrent: 1 })
})
