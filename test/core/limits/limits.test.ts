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

t.test('a count of 0 allows none', async (t) => {
  const type = manualType({ limits: { rate: { count: 0, windowSeconds: 60 } } })
  t.match(failure(await keeper().admit(type, 1000)), { code: 'LIMIT_RATE', retryAfterSeconds: 60 })
})
