import { once } from 'node:events'
import t from 'tap'
import { WebSocket } from 'ws'
import { connectRawAgent, resultOf } from '../../helpers/raw-agent.ts'
import { AGENT_TOKEN, OTHER_AGENT_TOKEN, startReferenceServer } from '../../helpers/reference-server.ts'
import { waitUntil } from '../../helpers/wait-until.ts'

/** The HTTP status that the upgrade is refused with. */
async function refusedWith(url: string, headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(url, { headers })
  const [, response] = await once(socket, 'unexpected-response')
  response.destroy()
  return response.statusCode
}

t.test('a connection without a known token is refused before there is a WebSocket', async (t) => {
  const { url } = await startReferenceServer(t)
  t.equal(await refusedWith(url, {}), 401)
  t.equal(await refusedWith(url, { authorization: 'Bearer wrong-token-0123456789' }), 401)
  t.equal(await refusedWith(url, { authorization: `Basic ${AGENT_TOKEN}` }), 401)
  t.equal(await refusedWith(url.replace('/agent', '/'), { authorization: `Bearer ${AGENT_TOKEN}` }), 404)
  t.equal(await refusedWith(url.replace('/agent', '//'), { authorization: `Bearer ${AGENT_TOKEN}` }), 404)
})

t.test('auth is answered with what both sides know', async (t) => {
  const { url, agents } = await startReferenceServer(t, { heartbeatSeconds: 7 })
  const agent = await connectRawAgent({
    url,
    token: AGENT_TOKEN,
    auth: { agent_id: 'agent-1', hostname: 'pc-1', capabilities: ['command_ack', 'telepathy'], token: 'secret' },
  })
  t.match(agent.inbox.of('auth_ack')[0]?.payload, {
    success: true,
    agent_id: 'agent-1',
    heartbeat_seconds: 7,
    capabilities: ['command_ack'],
  })
  t.match(agents.get('agent-1'), { site: 'main-office', description: { hostname: 'pc-1' } })
  t.notOk(JSON.stringify(agents.get('agent-1')?.description).includes('secret'))
})

t.test('a token speaks for its own agent alone', async (t) => {
  const { url, agents } = await startReferenceServer(t)
  const agent = await connectRawAgent({ url, token: OTHER_AGENT_TOKEN, auth: { agent_id: 'agent-1' } })
  t.match(agent.inbox.of('auth_ack')[0]?.payload, { success: false })
  t.equal(await agent.closed, 1008)
  t.equal(agents.get('agent-1')?.session, null)
})

t.test('a token without an agent belongs to the first that uses it, also after a restart', async (t) => {
  const tokens = {
    agents: [
      { token: AGENT_TOKEN, site: 'main-office' },
      { token: OTHER_AGENT_TOKEN, agentId: 'agent-2', site: 'clinic' },
    ],
    operators: [],
  }
  const logFile = `${t.testdir()}/log`
  const first = await startReferenceServer(t, { tokens, logFile })
  const thief = await connectRawAgent({ url: first.url, token: AGENT_TOKEN, auth: { agent_id: 'agent-2' } })
  t.equal(await thief.closed, 1008, 'not the agent of another token')
  const owner = await connectRawAgent({ url: first.url, token: AGENT_TOKEN, auth: { agent_id: 'agent-9' } })
  t.match(owner.inbox.of('auth_ack')[0]?.payload, { success: true })
  await first.close()

  const second = await startReferenceServer(t, { tokens, logFile })
  t.equal(second.agents.get('agent-9')?.site, 'main-office')
  const other = await connectRawAgent({ url: second.url, token: AGENT_TOKEN, auth: { agent_id: 'agent-8' } })
  t.equal(await other.closed, 1008)
})

t.test('anything before auth ends the connection', async (t) => {
  const { url } = await startReferenceServer(t)
  for (const odd of ['{}', 'no json', JSON.stringify({ type: 'command_result', payload: resultOf('x') })]) {
    const agent = await connectRawAgent({ url, token: AGENT_TOKEN, auth: null })
    agent.sendRaw(odd)
    t.equal(await agent.closed, 1008, odd)
  }
})

t.test('agent ids that would not print are refused', async (t) => {
  const tokens = { agents: [{ token: AGENT_TOKEN, site: 'main-office' }], operators: [] }
  const { url, agents } = await startReferenceServer(t, { tokens })
  for (const id of ['', 'a b', 'x'.repeat(129), '\u001b[2J', 'ü']) {
    const agent = await connectRawAgent({ url, token: AGENT_TOKEN, auth: { agent_id: id } })
    t.equal(await agent.closed, 1008, JSON.stringify(id))
  }
  t.same(agents.list(), [])
})

t.test('bad frames are counted and the link stays up', async (t) => {
  const { url, agents, client } = await startReferenceServer(t)
  const agent = await connectRawAgent({ url, token: AGENT_TOKEN })
  const bad = [
    'no json',
    'null',
    '[]',
    '{"type":"toString","payload":{}}',
    '{"type":"command","payload":{"id":"1","command_type":"shell"}}',
    '{"type":"command_result","payload":{"command_id":"x"}}',
    `{"type":"error","payload":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
  ]
  for (const frame of bad) agent.sendRaw(frame)
  agent.sendRaw(Buffer.from([1, 2, 3]))
  agent.send('heartbeat', { agent_id: 'agent-1', uptime_seconds: 3, running: 0, queued: 0, outbox: 0 })
  await waitUntil('the heartbeat after them', () => agents.get('agent-1')?.heartbeat != null)
  t.match(await client.agents(), [{ id: 'agent-1', online: true, badFrames: bad.length + 1 }, { id: 'agent-2' }])
})

t.test('an over-large frame closes that connection with 1009', async (t) => {
  const { url, agents } = await startReferenceServer(t, { maxFrameBytes: 10_000 })
  const agent = await connectRawAgent({ url, token: AGENT_TOKEN })
  agent.send('command_result', resultOf('x', { stdout: 'y'.repeat(10_000) }))
  t.equal(await agent.closed, 1009)
  await waitUntil('the agent to be offline', () => agents.get('agent-1')?.session === null)
})

t.test('an agent is offline when nothing came from it for three heartbeats', async (t) => {
  const { url, agents } = await startReferenceServer(t, { heartbeatSeconds: 0.1 })
  const silent = await connectRawAgent({ url, token: AGENT_TOKEN, autoPong: false })
  const alive = await connectRawAgent({ url, token: OTHER_AGENT_TOKEN, auth: { agent_id: 'agent-2' } })
  t.equal(await silent.closed, 1006)
  await waitUntil('it to be offline', () => agents.get('agent-1')?.session === null)
  t.equal(alive.socket.readyState, WebSocket.OPEN, 'one that answers pings stays')
  t.not(agents.get('agent-2')?.session, null)
})

t.test('a newer connection of an agent takes the place of the older', async (t) => {
  const { url, agents, client } = await startReferenceServer(t)
  const older = await connectRawAgent({ url, token: AGENT_TOKEN })
  const newer = await connectRawAgent({ url, token: AGENT_TOKEN })
  t.equal(await older.closed, 4001)
  await client.send('agent-1', { command_type: 'shell', command: 'id' })
  t.match(await newer.inbox.take('command'), { command: 'id' })
  t.not(agents.get('agent-1')?.session, null)
})
