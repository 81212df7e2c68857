import t from 'tap'
import { createBackoff } from '../../../core/link/backoff.ts'

const bounds = { minSeconds: 1, maxSeconds: 60, refusedSeconds: 300 }

t.test('waits are drawn from zero to a bound that doubles up to the cap', async (t) => {
  const highest = createBackoff({ ...bounds, random: () => 1 })
  t.strictSame(
    Array.from({ length: 8 }, () => highest.next('failed')),
    [1, 2, 4, 8, 16, 32, 60, 60],
  )
  const lowest = createBackoff({ ...bounds, random: () => 0 })
  t.strictSame([lowest.next('failed'), lowest.next('failed')], [0, 0])
})

t.test('a reset begins anew', async (t) => {
  const backoff = createBackoff({ ...bounds, random: () => 1 })
  backoff.next('failed')
  backoff.next('failed')
  backoff.reset()
  t.equal(backoff.next('failed'), 1)
})

t.test('a refusal waits for minutes, and does not count as a failure', async (t) => {
  const lowest = createBackoff({ ...bounds, random: () => 0 })
  t.equal(lowest.next('refused'), 150)
  const highest = createBackoff({ ...bounds, random: () => 1 })
  t.equal(highest.next('refused'), 300)
  t.equal(highest.next('failed'), 1)
})

t.test('a thousand agents spread over the whole span', async (t) => {
  const seconds = Array.from({ length: 1000 }, () => {
    const backoff = createBackoff(bounds)
    return Array.from({ length: 6 }, () => backoff.next('failed')).at(-1) ?? 0
  })
  const busiest = Math.max(
    ...Array.from({ length: 32 }, (_, second) => seconds.filter((at) => Math.floor(at) === second).length),
  )
  t.ok(busiest < 100, `at most ${busiest} of 1000 in one second`)
})

t.test('years of failures do not overflow the bound', async (t) => {
  const backoff = createBackoff({ ...bounds, random: () => 1 })
  for (let failures = 0; failures < 5000; failures++) backoff.next('failed')
  t.equal(backoff.next('failed'), 60)
})
