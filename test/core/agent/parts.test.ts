import t from 'tap'
import { makeAdmission } from '../../../core/agent/parts.ts'
import { buildConfig } from '../../../core/config/index.ts'
import { manualType } from '../../helpers/dispatch.ts'

t.test('a wall clock that jumps neither empties a rate window nor closes an empty one', async (t) => {
  const server = { url: 'ws://127.0.0.1:1/agent', tokenFile: './token' }
  const loaded = buildConfig('/nowhere/agent.config.json', JSON.stringify({ server }), { env: {} })
  const { now } = Date
  t.teardown(() => {
    Date.now = now
  })
  const asked: number[] = []
  const admission = makeAdmission(loaded, {
    startsSince: async (_type, since) => {
      asked.push(Date.now() - since)
      return [Date.now() - 60_000]
    },
    usageSince: async () => [],
  })
  const type = manualType({ limits: { rate: { count: 2, windowSeconds: 3600 } } })
  const admit = async () => {
    const place = await admission.admit(type, 1000)
    if ('failure' in place) return place.failure.code
    await place.wait(new AbortController().signal)
    place.release()
    return 'admitted'
  }
  t.equal(await admit(), 'admitted', 'one start is known of the journal')
  t.ok(Math.abs((asked[0] ?? 0) - 3_600_000) < 5000, 'the whole window is asked for')
  for (const days of [30, -30]) {
    Date.now = () => now() + days * 86_400_000
    t.equal(await admit(), 'LIMIT_RATE', `${days} days`)
  }
})
