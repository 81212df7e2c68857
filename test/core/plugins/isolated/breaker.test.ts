import { test } from 'tap'
import { createBreaker } from '../../../../core/plugins/isolated/breaker.ts'

function breakerAt(options = {}) {
  let now = 1_000_000
  const breaker = createBreaker({ ...options, now: () => now })
  return { breaker, pass: (ms: number) => (now += ms) }
}

test('the first failure costs no wait, each one more in a row twice the last', async (t) => {
  const { breaker, pass } = breakerAt({ failures: 100 })
  const waits = Array.from({ length: 9 }, () => {
    breaker.failed()
    const wait = breaker.waitMs()
    pass(wait)
    return wait
  })
  t.same(waits, [0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
})

test('a command that works ends the row', async (t) => {
  const { breaker } = breakerAt()
  breaker.failed()
  breaker.failed()
  breaker.worked()
  t.equal(breaker.waitMs(), 0)
  breaker.failed()
  t.equal(breaker.waitMs(), 0)
})

test('five failures in ten minutes are a quarantine, also with success between them', async (t) => {
  const { breaker, pass } = breakerAt()
  for (let n = 0; n < 5; n++) {
    t.equal(breaker.quarantined, false)
    breaker.failed()
    if (n < 4) breaker.worked()
    pass(60_000)
  }
  t.equal(breaker.quarantined, true)
  t.equal(breaker.waitMs(), 240_000, 'five minutes, one of which has passed')
})

test('failures further apart are none', async (t) => {
  const { breaker, pass } = breakerAt()
  for (let n = 0; n < 20; n++) {
    breaker.failed()
    pass(150_001)
  }
  t.equal(breaker.quarantined, false)
})

test('tried in vain after its quarantine, the next is twice as long, up to an hour; a success ends it', async (t) => {
  const { breaker, pass } = breakerAt()
  for (let n = 0; n < 5; n++) breaker.failed()
  const minutes = Array.from({ length: 6 }, () => {
    const wait = breaker.waitMs() / 60_000
    pass(breaker.waitMs())
    t.equal(breaker.waitMs(), 0, 'may be tried')
    t.equal(breaker.quarantined, true)
    breaker.failed()
    return wait
  })
  t.same(minutes, [5, 10, 20, 40, 60, 60])
  breaker.worked()
  t.equal(breaker.quarantined, false)
  breaker.failed()
  t.equal(breaker.quarantined, false)
})
