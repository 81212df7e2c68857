import { test } from 'tap'
import { isolatedHostOf } from '../../../helpers/isolated-host.ts'
import { runOn } from '../../../helpers/plugin-host.ts'

const GOOD = { permissions: { programs: ['node'] } }

test('a plugin from elsewhere runs in a process of its own', async (t) => {
  const host = isolatedHostOf(t, { good: GOOD })
  t.match(await runOn(host, 'good', { command: 'world' }), {
    exitCode: 0,
    stdout: 'hello world',
    data: { said: 'hello world' },
  })
  t.match(await runOn(host, 'good', { command: 5 }), { exitCode: -1, failure: { code: 'COMMAND_INPUT_INVALID' } })
  t.match(host.list(), [{ state: 'enabled', reason: null, shipped: false }])
})
