import { test } from 'tap'
import { runOn } from '../helpers/plugin-host.ts'
import { crashed, galleryHost, unharmed } from './host.ts'

const FORGERIES = [
  'forger_other_command',
  'forger_unasked',
  'forger_garbage',
  'forger_deep',
  'forger_endless_line',
  'forger_unknown',
  'forger_node_ipc',
  'forger_proto',
  'forger_two_writes',
]

for (const type of FORGERIES) {
  test(`${type}: its process is ended, the command gets one result`, async (t) => {
    const host = galleryHost(t, 'forger', { permissions: { programs: ['node'] } })
    t.match(await runOn(host, type, {}), crashed(/ it |one of its messages/))
    await unharmed(t, host)
  })
}

test('forger_flood: the host reads no more than it can take, and goes on', async (t) => {
  const host = galleryHost(t, 'forger', { permissions: { programs: ['node'] } })
  await runOn(host, 'good', { command: 'warm' })
  const flood = runOn(host, 'forger_flood', {}, { signal: AbortSignal.timeout(3000) })
  for (let n = 0; n < 20; n++) await unharmed(t, host)
  t.match(await flood, { exitCode: -1 })
  await unharmed(t, host)
})

test('forger_own_result: whichever answer comes first, the command has one result', async (t) => {
  const host = galleryHost(t, 'forger', { permissions: { programs: ['node'] } })
  t.match(await runOn(host, 'forger_own_result', {}), { exitCode: Number })
  await unharmed(t, host)
})
