import t from 'tap'
import type { Failure, Place } from '../../../core/dispatch/contract.ts'
import { createLimits } from '../../../core/limits/limits.ts'
import { manualType } from '../../helpers/dispatch.ts'

const agent = { maxConcurrentCommands: 3, maxQueuedCommands: 2 }
const never = new AbortController().signal

function keeper(change: Partial<Parameters<typeof createLimits>[0]> = {}) {
  return createLimits({ agent, startsSince: async () => [], ...change })
}

const place = (admitted: Place | { failure: Failure }): Place => {
  if ('failure' in admitted) throw new Error(admitted.failure.message)
  return admitted
}
const failure = (admitted: Place | { failure: Failure }) => ('failure' in admitted ? admitted.failure : undefined)

t.test('two run, the third is refused at once where none may wait', async (t) => {
  const type = manualType({ limits: { concurrent: 2, queued: 0 } })
  const limits = keeper()
  const first = place(await limits.admit(type, 60_000))
  const second = place(await limits.admit(type, 30_000))
  t.equal(await first.wait(never), true)
  t.equal(await second.wait(never), true)
  const refused = failure(await limits.admit(type, 60_000))
  t.match(refused, { code: 'LIMIT_CONCURRENT', rule: 'plugins.test.limits.manual.concurrent' })
  t.ok((refused?.retryAfterSeconds ?? 0) > 0 && (refused?.retryAfterSeconds ?? 99) <= 30, 'the sooner deadline is told')
  first.release()
  first.release()
  place(await limits.admit(type, 1000))
  t.match(failure(await limits.admit(type, 1000)), { code: 'LIMIT_CONCURRENT' }, 'a place is given back once')
})

t.test('a start that its handler refused counts no more, and is given back once', async (t) => {
  const type = manualType({ limits: { rate: { count: 2, windowSeconds: 3600 } } })
  const limits = keeper()
  const kept = place(await limits.admit(type, 1000))
  const refused = place(await limits.admit(type, 1000))
  for (const each of [kept, refused]) await each.wait(never)
  t.match(failure(await limits.admit(type, 1000)), { code: 'LIMIT_RATE' })
  kept.release()
  kept.release(false)
  t.match(failure(await limits.admit(type, 1000)), { code: 'LIMIT_RATE' }, 'what ended counts')
  refused.release(false)
  place(await limits.admit(type, 1000))
  t.match(failure(await limits.admit(type, 1000)), { code: 'LIMIT_RATE' })
})

t.test('commands of the same turn cannot both take the last place', async (t) => {
  const type = manualType({ limits: { concurrent: 1, queued: 0 } })
  const limits = keeper()
  const admitted = await Promise.all(Array.from({ length: 5 }, () => limits.admit(type, 1000)))
  t.equal(admitted.filter((each) => failure(each) === undefined).length, 1)
})

t.test('who waits gets its turn in order; a full queue refuses', async (t) => {
  const type = manualType({ limits: { concurrent: 1, queued: 2 } })
  const limits = keeper()
  const places = []
  for (let n = 0; n < 3; n++) places.push(place(await limits.admit(type, 1000)))
  t.match(failure(await limits.admit(type, 1000)), { code: 'LIMIT_QUEUE', rule: 'plugins.test.limits.manual.queued' })
  const order: number[] = []
  const turns = places.map((each, n) =>
    each.wait(never).then(() => {
      order.push(n)
      each.release()
    }),
  )
  await Promise.all(turns)
  t.strictSame(order, [0, 1, 2])
})

t.test('who gives up while it waits leaves its place to others', async (t) => {
  const type = manualType({ limits: { concurrent: 1, queued: 1 } })
  const limits = keeper()
  const running = place(await limits.admit(type, 1000))
  await running.wait(never)
  const waiting = place(await limits.admit(type, 1000))
  const stop = new AbortController()
  const turn = waiting.wait(stop.signal)
  stop.abort('cancel')
  t.equal(await turn, false)
  waiting.release()
  const next = place(await limits.admit(type, 1000))
  running.release()
  t.equal(await next.wait(never), true)
})

t.test('the agent’s own limit holds over all types', async (t) => {
  const types = [manualType({ type: 'a' }), manualType({ type: 'b' })]
  const limits = keeper({ agent: { maxConcurrentCommands: 1, maxQueuedCommands: 0 } })
  await place(await limits.admit(types[0] as never, 1000)).wait(never)
  t.match(failure(await limits.admit(types[1] as never, 1000)), {
    code: 'LIMIT_CONCURRENT',
    rule: 'limits.maxConcurrentCommands',
  })
})

t.test('a plugin’s limit holds over its types together', async (t) => {
  const pluginLimits = { concurrent: 1, queued: 0 }
  const limits = keeper()
  await place(await limits.admit(manualType({ type: 'a', pluginLimits }), 1000)).wait(never)
  t.match(failure(await limits.admit(manualType({ type: 'b', pluginLimits }), 1000)), { code: 'LIMIT_CONCURRENT' })
})

t.test('ten in an hour start, the eleventh is told when to come back', async (t) => {
  const type = manualType({ limits: { rate: { count: 10, windowSeconds: 3600 } } })
  let now = 1_000_000_000
  const limits = keeper({ now: () => now })
  for (let n = 0; n < 10; n++) {
    const admitted = place(await limits.admit(type, 1000))
    await admitted.wait(never)
    admitted.release()
    now += 60_000
  }
  t.match(failure(await limits.admit(type, 1000)), { code: 'LIMIT_RATE', retryAfterSeconds: 3000 })
  now += 3_000_000
  t.ok(place(await limits.admit(type, 1000)), 'the window rolls')
  t.match(failure(await limits.admit(type, 1000)), { code: 'LIMIT_RATE', retryAfterSeconds: 60 })
})

t.test('a command that never started does not count, a refused one neither', async (t) => {
  const type = manualType({ limits: { concurrent: 1, queued: 0, rate: { count: 2, windowSeconds: 60 } } })
  const limits = keeper()
  const aborted = AbortSignal.abort('cancel')
  for (let n = 0; n < 5; n++) {
    const admitted = place(await limits.admit(type, 1000))
    t.equal(await admitted.wait(aborted), false)
    admitted.release()
  }
  const running = place(await limits.admit(type, 1000))
  await running.wait(never)
  for (let n = 0; n < 5; n++) t.match(failure(await limits.admit(type, 1000)), { code: 'LIMIT_CONCURRENT' })
  running.release()
  t.ok(place(await limits.admit(type, 1000)))
})

t.test('the window knows what started before this process', async (t) => {
  const type = manualType({ limits: { rate: { count: 2, windowSeconds: 60 } } })
  const startsSince = async (_type: string, since: number) => [since + 30_000, since + 40_000]
  t.match(failure(await keeper({ startsSince }).admit(type, 1000)), { code: 'LIMIT_RATE', retryAfterSeconds: 30 })
})

t.test('a clock set back does not open the window', async (t) => {
  const type = manualType({ limits: { rate: { count: 1, windowSeconds: 60 } } })
  let now = 1_000_000_000
  const limits = keeper({ now: () => now })
  const admitted = place(await limits.admit(type, 1000))
  await admitted.wait(never)
  admitted.release()
  now -= 86_400_000
  t.match(failure(await limits.admit(type, 1000)), { code: 'LIMIT_RATE' })
})

t.test('each user has places and starts of their own, and those without a name are one', async (t) => {
  const perUser = { concurrent: 1, rate: { count: 2, windowSeconds: 60 } }
  const type = manualType({ limits: { perUser } })
  const limits = keeper()
  const of = (user: string | null) => limits.admit(type, 1000, { user, role: 'technician' })
  const first = place(await of('ada'))
  t.match(failure(await of('ada')), {
    code: 'LIMIT_CONCURRENT',
    rule: 'plugins.test.limits.manual.perUser.concurrent',
    message: /1 manual commands of the user ada are running/,
  })
  const other = place(await of('bob'))
  for (const each of [first, other]) {
    t.equal(await each.wait(never), true)
    each.release()
  }
  place(await of('ada')).release()
  const second = place(await of('ada'))
  await second.wait(never)
  second.release()
  t.match(failure(await of('ada')), { code: 'LIMIT_RATE', rule: /perUser\.rate$/, message: /of the user ada in 60 s/ })
  const anonymous = place(await of(null))
  t.match(failure(await of(null)), { code: 'LIMIT_CONCURRENT', message: /users without a name/ })
  anonymous.release()
  t.ok(place(await of('bob')), 'bob has started once')
})

t.test('a role’s limits hold for its users together; other roles have none', async (t) => {
  const perRole = { 'help.desk': { rate: { count: 1, windowSeconds: 60 } } }
  const type = manualType({ limits: { perRole } })
  const limits = keeper()
  const of = (user: string, role: string | null) => limits.admit(type, 1000, { user, role })
  place(await of('ada', 'help.desk'))
  t.match(failure(await of('bob', 'help.desk')), { code: 'LIMIT_RATE', rule: /perRole\.help\.desk\.rate$/ })
  t.ok(place(await of('bob', 'constructor')))
  t.ok(place(await of('bob', null)))
})

t.test('what was used is added up, and the ceiling says when it is low enough again', async (t) => {
  const day = 86_400
  const usage = { costUsd: { max: 1, windowSeconds: day } }
  const type = manualType({ limits: { usage, perUser: { usage: { costUsd: { max: 0.5, windowSeconds: day } } } } })
  const spent = [
    { at: 1000, value: 0.1, user: 'ada' },
    { at: 2000, value: 0.3, user: 'ada' },
    { at: 3000, value: 0.2, user: 'bob' },
  ]
  let now = 3000
  const usageSince: Parameters<typeof createLimits>[0]['usageSince'] = async (_type, key, since, { user }) =>
    spent.filter((each) => key === 'costUsd' && each.at > since && (user === undefined || each.user === user))
  const limits = keeper({ usageSince, now: () => now })
  const of = (user: string) => limits.admit(type, 1000, { user, role: null })
  place(await of('ada')).release()
  spent.push({ at: 3000, value: 0.1, user: 'ada' })
  t.match(failure(await of('ada')), {
    code: 'LIMIT_USAGE',
    rule: 'plugins.test.limits.manual.perUser.usage.costUsd',
    message: /of the user ada may use 0\.5 costUsd in 86400 s, and have used 0\.5;/,
    retryAfterSeconds: day - 2,
  })
  place(await of('bob')).release()
  spent.push({ at: 3000, value: 0.4, user: 'bob' })
  t.match(failure(await of('carol')), { code: 'LIMIT_USAGE', rule: 'plugins.test.limits.manual.usage.costUsd' })
  now += day * 1000 - 500
  t.ok(place(await of('carol')), 'the window rolls')
})

t.test('limits that are narrowed or widened live count what runs and waits already', async (t) => {
  const limits = keeper({ agent: { maxConcurrentCommands: 10, maxQueuedCommands: 10 } })
  const typeWith = (concurrent: number, queued: number) => manualType({ limits: { concurrent, queued } })
  const running = [place(await limits.admit(typeWith(3, 0), 1000)), place(await limits.admit(typeWith(3, 0), 1000))]
  for (const each of running) await each.wait(never)
  t.match(failure(await limits.admit(typeWith(2, 0), 1000)), { code: 'LIMIT_CONCURRENT' })
  t.match(failure(await limits.admit(typeWith(1, 1), 1000)), { code: 'LIMIT_QUEUE' })
  const waiting = place(await limits.admit(typeWith(1, 2), 1000))
  let began = false
  const turn = waiting.wait(never).then(() => {
    began = true
  })
  running[0]?.release()
  await new Promise((resolve) => setTimeout(resolve, 10))
  t.equal(began, false, 'one still runs, and no more may')
  const later = place(await limits.admit(typeWith(2, 2), 1000))
  await turn
  t.equal(began, true, 'a wider limit lets begin who waits')
  running[1]?.release()
  t.equal(await later.wait(never), true)
})

t.test('a longer window reaches back behind the one before', async (t) => {
  let now = 1_000_000
  const startsSince = async (_type: string, since: number) => [now - 90_000, now - 30_000].filter((at) => at > since)
  const limits = keeper({ startsSince, now: () => now })
  const typeWith = (windowSeconds: number) => manualType({ limits: { rate: { count: 3, windowSeconds } } })
  const first = place(await limits.admit(typeWith(60), 1000))
  await first.wait(never)
  now += 1
  t.match(failure(await limits.admit(typeWith(120), 1000)), { code: 'LIMIT_RATE' })
  t.ok(place(await limits.admit(typeWith(60), 1000)), 'and the shorter one is still told apart')
})

t.test('how the limits stand can be looked at, and a look takes nothing', async (t) => {
  const type = manualType({ limits: { concurrent: 1, queued: 0, rate: { count: 1, windowSeconds: 60 } } })
  const limits = keeper()
  const look = () => limits.look(type, { user: 'ada', role: null })
  t.match(await look(), [
    { kind: 'concurrent', of: 'manual commands', max: 1, used: 0, full: false },
    { kind: 'concurrent', of: 'commands of the agent', max: 3, maxWaiting: 2, rule: 'limits.maxQueuedCommands' },
    { kind: 'rate', max: 1, used: 0, full: false },
  ])
  const running = place(await limits.admit(type, 1000))
  await running.wait(never)
  t.match(await look(), [
    { used: 1, full: true },
    { used: 1, full: false },
    { used: 1, full: true },
  ])
})

t.test('many users leave nothing behind', async (t) => {
  const type = manualType({ limits: { perUser: { concurrent: 1, rate: { count: 1, windowSeconds: 0.001 } } } })
  const limits = keeper()
  for (let n = 0; n < 2000; n++) {
    const admitted = place(await limits.admit(type, 1000, { user: `user-${n}`, role: null }))
    await admitted.wait(never)
    admitted.release()
  }
  t.equal((await limits.look(type, { user: 'user-1', role: null }))[0]?.used, 0)
})

t.test('a count of 0 allows none', async (t) => {
  const type = manualType({ limits: { rate: { count: 0, windowSeconds: 60 } } })
  t.match(failure(await keeper().admit(type, 1000)), { code: 'LIMIT_RATE', retryAfterSeconds: 60 })
})
