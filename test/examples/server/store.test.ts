import { appendFile, readFile, stat, writeFile } from 'node:fs/promises'
import type { CommandResultPayload } from 'gururmm-agent/protocol'
import t from 'tap'
import { openStore, type StoreEvent } from '../../../examples/server/store.ts'
import { connectRawAgent, resultOf } from '../../helpers/raw-agent.ts'
import { AGENT_TOKEN, startReferenceServer } from '../../helpers/reference-server.ts'

const at = '2026-01-01T00:00:00.000Z'
const result = resultOf('c1') as CommandResultPayload
const created = (id: string): StoreEvent => ({
  event: 'created',
  at,
  agentId: 'agent-1',
  payload: { id, command_type: 'shell', command: 'id' },
})

t.test('a restarted server knows its commands', async (t) => {
  const logFile = `${t.testdir()}/server.log`
  const first = await startReferenceServer(t, { logFile })
  const agent = await connectRawAgent({ url: first.url, token: AGENT_TOKEN })
  const done = await first.client.send('agent-1', { command_type: 'shell', command: 'one' })
  agent.send('command_result', resultOf(done.id))
  await first.client.ended(done.id)
  await agent.close()
  const waiting = await first.client.send('agent-1', { command_type: 'shell', command: 'two' })
  await first.close()

  const second = await startReferenceServer(t, { logFile })
  t.match(await second.client.command(done.id), { status: 'finished', result: resultOf(done.id) })
  t.match(await second.client.command(waiting.id), { payload: { requested_by: { user: 'olga' } } })
  const again = await connectRawAgent({ url: second.url, token: AGENT_TOKEN })
  t.match(await again.inbox.take('command'), { id: waiting.id })
  again.send('command_result', resultOf(done.id))
  t.match(await again.inbox.take('command_result_ack'), { command_id: done.id })
  t.same(second.agents.get('agent-1')?.strayResults, [])
})

t.test('a line that was being written when the server died is cut off', async (t) => {
  const logFile = `${t.testdir()}/server.log`
  const first = await openStore({ logFile })
  await first.record(created('c1'))
  await first.close()
  const whole = await readFile(logFile, 'utf8')
  for (let end = 1; end < whole.length; end += 7) {
    await writeFile(logFile, `${whole}${whole.slice(0, end)}`)
    const store = await openStore({ logFile })
    await store.record({ event: 'sent', at, id: 'c1' })
    await store.close()
    const again = await openStore({ logFile })
    t.match(again.command('c1'), { status: 'sent' }, `${end} bytes of the next line`)
    await again.close()
  }
})

t.test('a log that is no log is refused', async (t) => {
  const logFile = `${t.testdir()}/server.log`
  await appendFile(logFile, 'something else\n')
  await t.rejects(openStore({ logFile }))
})

t.test('the log is its owner’s alone', { skip: process.platform === 'win32' && 'no modes' }, async (t) => {
  const logFile = `${t.testdir()}/server.log`
  await (await openStore({ logFile })).close()
  t.equal((await stat(logFile)).mode & 0o777, 0o600)
})

t.test('ended commands are forgotten, oldest first, and others never', async (t) => {
  const store = await openStore({ maxCommands: 2 })
  await store.record(created('open'))
  for (const id of ['c1', 'c2', 'c3']) {
    await store.record(created(id))
    await store.record({ event: 'finished', at, id, result })
  }
  t.same(
    store.commands().map((command) => command.id),
    ['open', 'c3'],
  )
})
