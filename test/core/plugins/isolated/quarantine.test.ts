import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { isolatedHostOf } from '../../../helpers/isolated-host.ts'
import { runOn } from '../../../helpers/plugin-host.ts'

const exits = { exitCode: -1, failure: { code: 'PLUGIN_CRASHED' } }

test('after repeated crashes a plugin is left alone, and says so; then one command tries it', async (t) => {
  const breaker = { backoffMs: 1, failures: 3, quarantineMs: 400 }
  const host = isolatedHostOf(
    t,
    { faulty: {}, good: { permissions: { programs: ['node'] } } },
    { isolation: { breaker } },
  )
  for (let n = 0; n < 3; n++) {
    t.match(await runOn(host, 'faulty_exits', {}), exits)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  t.match(host.list()[0], { state: 'failed', code: 'PLUGIN_QUARANTINED', reason: /exit code 0.*started again in/ })
  t.match(await runOn(host, 'faulty_good', {}), {
    exitCode: -1,
    failure: { code: 'PLUGIN_UNAVAILABLE', retryAfterSeconds: 1, message: /exit code 0/ },
  })
  t.match(await runOn(host, 'good', { command: 'x' }), { exitCode: 0 }, 'the one beside it does not notice')
  await new Promise((resolve) => setTimeout(resolve, 450))
  t.match(await runOn(host, 'faulty_exits', {}), exits, 'half open: a trial')
  t.match(await runOn(host, 'faulty_good', {}), { failure: { code: 'PLUGIN_UNAVAILABLE' } }, 'in vain')
  await new Promise((resolve) => setTimeout(resolve, 850))
  t.match(await runOn(host, 'faulty_good', {}), { exitCode: 0, stdout: 'fine' })
  t.match(host.list()[0], { state: 'enabled', reason: null, code: null })
})

test('all that run when a process is lost get one result each, with the cause', async (t) => {
  const host = isolatedHostOf(t, { faulty: {} })
  await runOn(host, 'faulty_good', {})
  const waiting = [1, 2, 3].map(() => runOn(host, 'faulty_waits', {}))
  await new Promise((resolve) => setTimeout(resolve, 200))
  t.match(await runOn(host, 'faulty_exits', {}), exits)
  for (const result of await Promise.all(waiting)) t.match(result, exits)
  t.match(host.list(), [{ state: 'enabled', code: 'PLUGIN_CRASHED', reason: /exit code 0.*next command/ }])
  t.match(await runOn(host, 'faulty_good', {}), { exitCode: 0 })
})

test('a plugin that could not start is tried again once it is mended', async (t) => {
  const host = isolatedHostOf(t, { good: { permissions: { programs: ['node'] } } })
  const file = join(host.folderOf('good'), 'index.js')
  writeFileSync(file, 'throw new Error("broken")')
  t.match(await runOn(host, 'good', { command: 'x' }), { failure: { code: 'PLUGIN_UNAVAILABLE', message: /broken/ } })
  t.match(host.list(), [{ state: 'failed', code: 'PLUGIN_LOAD_FAILED' }])
  await host.disable('good')
  t.match(
    await host.enable('good'),
    { state: 'failed', code: 'PLUGIN_LOAD_FAILED' },
    'enable does not wait for a command',
  )
})
