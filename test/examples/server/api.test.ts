import t from 'tap'
import { connectRawAgent, resultOf } from '../../helpers/raw-agent.ts'
import { AGENT_TOKEN, OPERATOR_TOKEN, startReferenceServer } from '../../helpers/reference-server.ts'
import { waitUntil } from '../../helpers/wait-until.ts'

const AUTHORIZATION = { authorization: `Bearer ${OPERATOR_TOKEN}` }

async function post(url: string, body: string): Promise<{ status: number; error: string }> {
  const response = await fetch(url, { method: 'POST', headers: AUTHORIZATION, body })
  return { status: response.status, ...((await response.json()) as { error: string }) }
}

t.test('nothing is told without an operator’s token', async (t) => {
  const { httpUrl } = await startReferenceServer(t)
  for (const authorization of ['', 'Bearer wrong-token-0123456789', `Bearer ${AGENT_TOKEN}`]) {
    const response = await fetch(`${httpUrl}/api/agents`, { headers: { authorization } })
    t.equal(response.status, 401)
    t.equal(response.headers.get('www-authenticate'), 'Bearer')
    t.match(await response.json(), { error: String })
  }
  const response = await fetch(`${httpUrl}/api/agents`, { headers: AUTHORIZATION })
  t.equal(response.status, 200)
  t.equal(response.headers.get('x-content-type-options'), 'nosniff')
})

t.test('a command that no agent could take is refused', async (t) => {
  const { httpUrl, store } = await startReferenceServer(t)
  const commands = `${httpUrl}/api/agents/agent-1/commands`
  t.match(await post(commands, 'no json'), { status: 400, error: /JSON/ })
  t.match(await post(commands, '[]'), { status: 400 })
  t.match(await post(commands, '{}'), { status: 400, error: /command_type/ })
  t.match(await post(commands, '{"command_type":"shell","timeout":5}'), { status: 400 }, 'unknown keys are typos')
  t.match(await post(commands, '{"command_type":{"a":1,"b":2}}'), { status: 400 })
  t.match(await post(commands, '{"command_type":"shell","requested_by":{"user":"someone else"}}'), { status: 400 })
  t.match(await post(commands, '{"command_type":"shell","expires_at":"soon"}'), { status: 400 })
  const nearLimit = 'x'.repeat(1_048_400)
  t.match(await post(commands, JSON.stringify({ command_type: 'shell', command: nearLimit })), { status: 413 })
  t.match(await post(commands, 'x'.repeat(1_048_577)), { status: 413 })
  t.match(await post(commands.replace('agent-1', 'agent-7'), '{"command_type":"shell"}'), { status: 404 })
  t.same(store.commands(), [])
})

t.test('a command posted again under its id is the same command', async (t) => {
  const { httpUrl, store } = await startReferenceServer(t)
  const commands = `${httpUrl}/api/agents/agent-1/commands`
  t.match(await post(commands, '{"id":"error","command_type":"shell","command":"id"}'), {
    status: 'waiting',
    id: 'error',
  })
  t.match(await post(commands, '{"command_type":"shell","command":"id","id":"error"}'), { id: 'error' })
  t.match(await post(commands, '{"id":"error","command_type":"shell","command":"ls"}'), { status: 409 })
  t.match(await post(commands.replace('agent-1', 'agent-2'), '{"id":"error","command_type":"shell","command":"id"}'), {
    status: 409,
  })
  t.equal(store.commands().length, 1)
})

t.test('commands are listed without their output', async (t) => {
  const { url, httpUrl, client } = await startReferenceServer(t)
  const agent = await connectRawAgent({ url, token: AGENT_TOKEN })
  const { id } = await client.send('agent-1', { command_type: { claude_task: { task: 'Look' } } })
  await client.send('agent-2', { command_type: 'shell' })
  agent.send('command_result', resultOf(id, { exit_code: 3 }))
  await client.ended(id)
  const list = async (query: string) =>
    (await (await fetch(`${httpUrl}/api/commands${query}`, { headers: AUTHORIZATION })).json()) as {
      commands: object[]
    }
  t.match(await list('?agent=agent-1'), { commands: [{ id, type: 'claude_task', status: 'finished', exitCode: 3 }] })
  const all = await list('')
  t.match(all.commands, [{ id }, { agentId: 'agent-2', type: 'shell', exitCode: null }])
  t.notOk(JSON.stringify(all).includes('done'))
})

t.test('an agent’s page holds the results nobody asked for', async (t) => {
  const { url, httpUrl } = await startReferenceServer(t)
  const agent = await connectRawAgent({ url, token: AGENT_TOKEN })
  agent.send('command_result', resultOf('unknown-1'))
  await agent.inbox.take('command_result_ack')
  const response = await fetch(`${httpUrl}/api/agents/agent-1`, { headers: AUTHORIZATION })
  t.match(await response.json(), {
    id: 'agent-1',
    online: true,
    strayResults: [{ result: { command_id: 'unknown-1' } }],
  })
  t.equal((await fetch(`${httpUrl}/api/agents/agent-7`, { headers: AUTHORIZATION })).status, 404)
  t.equal((await fetch(`${httpUrl}/api/nothing`, { headers: AUTHORIZATION })).status, 404)
})

t.test('the news of a command hold its states and progress and end with it', async (t) => {
  const { url, client } = await startReferenceServer(t)
  const agent = await connectRawAgent({ url, token: AGENT_TOKEN })
  const { id } = await client.send('agent-1', { command_type: 'shell', command: 'id' })
  const progress = { command_id: id, stream: 'stdout', offset: 0, dropped: 0 }
  const awkward = 'a\u2028b\n"{}'
  agent.send('command_ack', { command_id: id, status: 'accepted' })
  agent.send('command_progress', { ...progress, seq: 1, data: awkward })
  await waitUntil('the ack', async () => (await client.command(id)).status === 'accepted')

  const seen: string[] = []
  for await (const news of client.follow(id)) {
    seen.push(news.event === 'command' ? news.command.status : String(news.progress.data))
    if (seen.at(-1) === awkward) agent.send('command_progress', { ...progress, seq: 2, data: 'late' })
    if (seen.at(-1) === 'late') agent.send('command_result', resultOf(id, { stdout: 'ü'.repeat(2_000_000) }))
    if (news.event === 'command') t.equal(news.command.result?.stdout.length, seen.length === 4 ? 2_000_000 : undefined)
  }
  t.same(seen, ['accepted', awkward, 'late', 'finished'])
  t.match(await client.ended(id), { status: 'finished' }, 'also for who comes later')
})

t.test('a reader that leaves is forgotten', async (t) => {
  const { client, store } = await startReferenceServer(t)
  const { id } = await client.send('agent-1', { command_type: 'shell' })
  const abort = new AbortController()
  const reading = client.ended(id, abort.signal)
  await waitUntil('it to follow', () => store.news.followers(id) === 1)
  abort.abort()
  await t.rejects(reading)
  await waitUntil('it to be forgotten', () => store.news.followers(id) === 0)
})

t.test('a command that was not sent is withdrawn by a cancel', async (t) => {
  const { url, client } = await startReferenceServer(t)
  const { id } = await client.send('agent-1', { command_type: 'shell' })
  t.match(await client.cancel(id), { status: 'withdrawn', rejection: 'cancelled' })
  t.match(await client.cancel(id), { status: 'withdrawn' }, 'may be repeated')
  const agent = await connectRawAgent({ url, token: AGENT_TOKEN })
  await client.send('agent-1', { command_type: 'shell', command: 'marker' })
  t.match(await agent.inbox.take('command'), { command: 'marker' })
  await t.rejects(client.cancel('no-such-id'), /404/)
})

t.test('a cancel is refused where the agent knows none', async (t) => {
  const { url, client } = await startReferenceServer(t)
  const agent = await connectRawAgent({ url, token: AGENT_TOKEN, auth: { agent_id: 'agent-1' } })
  const { id } = await client.send('agent-1', { command_type: 'shell' })
  await agent.inbox.take('command')
  await t.rejects(client.cancel(id), /409/)
})

t.test('an agent may have a thousand commands that have not ended', async (t) => {
  const { client } = await startReferenceServer(t)
  for (let count = 0; count < 1000; count++) await client.send('agent-1', { command_type: 'shell' })
  await t.rejects(client.send('agent-1', { command_type: 'shell' }), /429/)
  await client.send('agent-2', { command_type: 'shell' })
})
