import t from 'tap'
import { startIdleTimer } from '../../../plugins/claude-task/idle.ts'

t.test('silence ends, but not while it is excused', async (t) => {
  let excused = true
  let asked = 0
  await new Promise<void>((done) => {
    startIdleTimer(
      0.02,
      () => {
        asked += 1
        if (asked > 2) excused = false
        return excused
      },
      done,
    )
  })
  t.equal(asked, 3)
})

t.test('a stopped timer never fires', async (t) => {
  const timer = startIdleTimer(
    0.01,
    () => false,
    () => t.fail('fired'),
  )
  timer.touch()
  timer.stop()
  await new Promise((done) => setTimeout(done, 100))
  t.pass('stayed silent')
})
