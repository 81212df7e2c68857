import t from 'tap'
import { connectRawAgent, resultOf } from '../../helpers/raw-agent.ts'
import { AGENT_TOKEN, OTHER_AGENT_TOKEN, startReferenceServer } from '../../helpers/reference-server.ts'
import { waitUntil } from '../../helpers/wait-until.ts'

const SPEC_AGENT = { agent_id: 'agent-1' }

t.test('a command reaches its agent, and its result the operator', async (t) => {
  const { url, client } = await startReferenceServer(t)
  const agent = await connectRawAgent({ url, token: AGENT_TOKEN })
  const { id } = await client.send('agent-1', { command_type: 'shell', command: 'id', timeout_seconds: 5 })
  t.same(await agent.inbox.take('command'), {
    id,
    command_type: 'shell',
    command: 'id',
    timeout_seconds: 5,
    elevated: false,
    requested_by: { user: 'olga', role: 'technician' },
  })
  agent.send('command_ack', { command_id: id, status: 'accepted', code: null })
  await waitUntil('the ack', async () => (await client.command(id)).status === 'accepted')
  agent.send('command_result', resultOf(id))
  t.match(await client.ended(id), { status: 'finished', result: resultOf(id) })
  t.match(await agent.inbox.take('command_result_ack'), { command_id: id })
})

t.test('an agent that knows only the spec’s messages sees only the spec’s fields', async (t) => {
  const { url, client } = await startReferenceServer(t)
  const agent = await connectRawAgent({ url, token: AGENT_TOKEN, auth: SPEC_AGENT })
  const { id } = await client.send('agent-1', {
    command_type: { claude_task: { task: 'Count the files' } },
    expires_at: '2999-01-01T00:00:00Z',
  })
  t.same(await agent.inbox.take('command'), {
    id,
    command_type: { claude_task: { task: 'Count the files' } },
    command: '',
    timeout_seconds: null,
    elevated: false,
  })
  agent.send('command_result', resultOf(id))
  t.match(await client.ended(id), { status: 'finished' })
  t.same(
    agent.inbox.all.map((frame) => frame.type),
    ['auth_ack', 'command'],
    'no acks that it does not know',
  )
})

t.test('commands for an agent that is offline wait for it, in order', async (t) => {
  const { url, client } = await startReferenceServer(t)
  const first = await client.send('agent-1', { command_type: 'shell', command: 'one' })
  await client.send('agent-1', { command_type: 'shell', command: 'two' })
  t.equal(first.status, 'waiting')
  const agent = await connectRawAgent({ url, token: AGENT_TOKEN })
  t.match(await agent.inbox.take('command'), { command: 'one' })
  t.match(await agent.inbox.take('command'), { command: 'two' })
})

t.test('a command is sent again after a reconnect until it is acknowledged', async (t) => {
  const { url, client } = await startReferenceServer(t)
  const { id } = await client.send('agent-1', { command_type: 'shell', command: 'id' })
  for (const round of [1, 2]) {
    const agent = await connectRawAgent({ url, token: AGENT_TOKEN })
    t.match(await agent.inbox.take('command'), { id }, `round ${round}`)
    if (round === 2) agent.send('command_ack', { command_id: id, status: 'duplicate' })
    else await agent.close()
  }
  await waitUntil('the ack', async () => (await client.command(id)).status === 'accepted')
  const agent = await connectRawAgent({ url, token: AGENT_TOKEN })
  await client.send('agent-1', { command_type: 'shell', command: 'marker' })
  t.match(await agent.inbox.take('command'), { command: 'marker' }, 'nothing but the new command')
})

t.test('an agent without acks gets each command once', async (t) => {
  const { url, client } = await startReferenceServer(t)
  await client.send('agent-1', { command_type: 'shell', command: 'once' })
  const first = await connectRawAgent({ url, token: AGENT_TOKEN, auth: SPEC_AGENT })
  await first.inbox.take('command')
  await first.close()
  const second = await connectRawAgent({ url, token: AGENT_TOKEN, auth: SPEC_AGENT })
  await client.send('agent-1', { command_type: 'shell', command: 'marker' })
  t.match(await second.inbox.take('command'), { command: 'marker' })
})

t.test('a repeated result is acknowledged again and changes nothing', async (t) => {
  const { url, client } = await startReferenceServer(t)
  const agent = await connectRawAgent({ url, token: AGENT_TOKEN })
  const { id } = await client.send('agent-1', { command_type: 'shell', command: 'id' })
  agent.send('command_result', resultOf(id, { stdout: 'first' }))
  agent.send('command_result', resultOf(id, { stdout: 'second' }))
  await agent.inbox.take('command_result_ack')
  await agent.inbox.take('command_result_ack')
  t.match(await client.command(id), { status: 'finished', result: { stdout: 'first' } })
})

t.test('a result of an unknown command stays visible and is acknowledged', async (t) => {
  const { url, agents, client } = await startReferenceServer(t)
  const owner = await connectRawAgent({ url, token: AGENT_TOKEN })
  const other = await connectRawAgent({ url, token: OTHER_AGENT_TOKEN, auth: { agent_id: 'agent-2' } })
  const { id } = await client.send('agent-1', { command_type: 'shell', command: 'id' })
  await owner.inbox.take('command')
  other.send('command_result', resultOf(id, { stdout: 'forged' }))
  owner.send('command_result', resultOf('never-sent', { stdout: 'x'.repeat(100_000) }))
  await owner.inbox.take('command_result_ack')
  t.match(agents.get('agent-1')?.strayResults, [{ result: { command_id: 'never-sent', stdout: /^x{65536}$/ } }])
  await waitUntil('the forged one', () => agents.get('agent-2')?.strayResults.length === 1)
  t.match(await client.command(id), { status: 'sent', result: null }, 'another agent cannot answer')
})

t.test('a rejected command ends without a result', async (t) => {
  const { url, client } = await startReferenceServer(t)
  const agent = await connectRawAgent({ url, token: AGENT_TOKEN })
  const { id } = await client.send('agent-1', { command_type: 'shell', command: 'id' })
  agent.send('command_ack', { command_id: id, status: 'rejected', code: 'COMMAND_ID_REUSED' })
  t.match(await client.ended(id), { status: 'rejected', rejection: 'COMMAND_ID_REUSED', result: null })
})

t.test('a command that expired while it waited is not sent', async (t) => {
  const { url, client } = await startReferenceServer(t)
  const { id } = await client.send('agent-1', {
    command_type: 'shell',
    expires_at: new Date(Date.now() + 50).toISOString(),
  })
  await new Promise((resolve) => setTimeout(resolve, 100))
  const agent = await connectRawAgent({ url, token: AGENT_TOKEN })
  t.match(await client.ended(id), { status: 'withdrawn', rejection: 'expired' })
  t.same(agent.inbox.of('command'), [])
})

t.test('a cancel reaches the agent, also after a reconnect', async (t) => {
  const { url, client } = await startReferenceServer(t)
  const first = await connectRawAgent({ url, token: AGENT_TOKEN })
  const { id } = await client.send('agent-1', { command_type: 'shell', command: 'sleep 1000' })
  first.send('command_ack', { command_id: id, status: 'accepted' })
  await waitUntil('the ack', async () => (await client.command(id)).status === 'accepted')
  t.match(await client.cancel(id), { status: 'accepted', cancelRequestedAt: String })
  t.match(await first.inbox.take('command_cancel'), { command_id: id })
  await first.close()
  const second = await connectRawAgent({ url, token: AGENT_TOKEN })
  t.match(await second.inbox.take('command_cancel'), { command_id: id })
  t.same(second.inbox.of('command'), [], 'it has the command')
  second.send(
    'command_result',
    resultOf(id, { exit_code: -1, error: { code: 'COMMAND_CANCELLED', message: 'Cancelled.' } }),
  )
  t.match(await client.ended(id), { status: 'finished', result: { exit_code: -1 } })
})

t.test('what an agent says of itself is bounded and printable', async (t) => {
  const { url, client } = await startReferenceServer(t)
  const hostile = {
    agent_id: 'agent-1',
    hostname: '\u001b]0;owned\u0007<script>',
    os_version: 'x'.repeat(5000),
    capabilities: [],
  }
  const agent = await connectRawAgent({
    url,
    token: AGENT_TOKEN,
    auth: { ...hostile, capabilities: Array(9999).fill('y') },
  })
  agent.send('heartbeat', {
    ...{ agent_id: 'agent-1', uptime_seconds: 3, running: 0, queued: 0, outbox: 0 },
    plugins: [{ name: 'a\u202eb', state: 'enabled', reason: null }],
  })
  await waitUntil('the heartbeat', async () => (await client.agents())[0]?.heartbeat != null)
  const [seen] = await client.agents()
  t.match(seen, {
    description: { hostname: '\ufffd]0;owned\ufffd<script>', os_version: /^x{256}$/ },
    heartbeat: { plugins: [{ name: 'a\ufffdb' }] },
  })
  t.equal(seen?.description?.capabilities?.length, 256)
})
