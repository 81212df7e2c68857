import { test } from 'tap'
import { steadyClock, systemClock } from '../../../core/journal/clock.ts'
import { manualClock } from './fixtures/journal.ts'

test('The steady clock goes on with the wall clock, but follows none of its jumps.', (t) => {
  const clock = manualClock(10_000)
  const steady = steadyClock(clock, 0)
  t.equal(steady(), 10_000)
  clock.pass(500)
  t.equal(steady(), 10_500)
  clock.jump(-9000)
  t.equal(steady(), 10_500)
  clock.jump(90_000)
  clock.pass(1)
  t.equal(steady(), 10_501)
  t.end()
})

test('The steady clock never begins before what was recorded last.', (t) => {
  const clock = manualClock(10_000)
  t.equal(steadyClock(clock, 50_000)(), 50_000)
  t.equal(steadyClock(clock, 5000)(), 10_000)
  t.end()
})

test('The uptime of the system never goes back, between readings of it either.', async (t) => {
  let last = systemClock.uptime()
  for (let round = 0; round < 30; round++) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    const now = systemClock.uptime()
    if (now < last) t.fail(`${now} after ${last}`)
    last = now
  }
  t.ok(last > 0)
})
