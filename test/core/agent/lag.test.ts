import t from 'tap'
import { createLag } from '../../../core/agent/lag.ts'
import { waitUntil } from '../../helpers/wait-until.ts'

function block(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

t.test('a stall shows in what is told, until it is reset', async (t) => {
  const lag = createLag()
  t.teardown(() => lag.end())
  lag.begin()
  await waitUntil('a stall to show', async () => {
    block(300)
    return lag.ms >= 100
  })
  lag.reset()
  t.equal(lag.ms, 0)
})

t.test('before it has begun, and after its end, it tells of nothing', async (t) => {
  const lag = createLag()
  block(200)
  t.equal(lag.ms, 0)
  lag.reset()
  lag.begin()
  lag.end()
  await new Promise((resolve) => setTimeout(resolve, 150))
  t.equal(lag.ms, 0)
})
