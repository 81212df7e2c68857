import t from 'tap'
import { checkTask } from '../../bench/claude/place.ts'

const ended = (layers: object, more: object = {}) => ({ exitCode: 0, stderr: '', data: { layers }, ...more })

t.test('a task counts in the row of the sandbox that it ran in, and in no other', async (t) => {
  const boxed = ended({ sandbox: 'bubblewrap', sandbox_reason: null })
  const open = ended({ sandbox: 'none', sandbox_reason: 'bubblewrap does not work on this machine: x' })
  checkTask(boxed, 'auto')
  checkTask(open, 'off')
  t.throws(() => checkTask(open, 'auto'), {
    message: /"auto".* ran in none, not in bubblewrap: bubblewrap does not work/,
  })
  t.throws(() => checkTask(boxed, 'off'), { message: /ran in bubblewrap, not in none/ })
  t.throws(() => checkTask({ ...open, exitCode: 1, stderr: 'broken' }, 'off'), { message: /ended with 1: broken/ })
})
