import t from 'tap'
import { connectRawAgent } from '../../helpers/raw-agent.ts'
import { AGENT_TOKEN, OTHER_AGENT_TOKEN, startReferenceServer } from '../../helpers/reference-server.ts'
import { waitUntil } from '../../helpers/wait-until.ts'

const inOneMinute = () => new Date(Date.now() + 60_000).toISOString()
const questionOf = (command_id: string, request_id = 'r1') => ({
  ...{ command_id, request_id, tool: 'Bash', target: 'systemctl restart nginx', rule: 'services' },
  expires_at: inOneMinute(),
})

async function runningCommand(t: Parameters<typeof startReferenceServer>[0]) {
  const server = await startReferenceServer(t)
  const agent = await connectRawAgent({ url: server.url, token: AGENT_TOKEN })
  t.teardown(() => agent.close())
  const { id } = await server.client.send('agent-1', { command_type: 'shell', command: 'x' })
  await agent.inbox.take('command')
  const open = (count: number) =>
    waitUntil(`${count} open questions`, async () => (await server.client.approvals()).length === count)
  return { ...server, agent, id, open }
}

t.test('a question is listed, and answered in the operator’s name, once', async (t) => {
  const { client, agent, id, open } = await runningCommand(t)
  agent.send('approval_request', questionOf(id))
  await open(1)
  const [approval] = await client.approvals()
  t.match(approval, { agentId: 'agent-1', commandId: id, tool: 'Bash', target: 'systemctl restart nginx' })
  t.match(await client.decide(approval?.id ?? '', true), { approved: true, user: 'olga' })
  t.same(await agent.inbox.take('approval_response'), {
    ...{ command_id: id, request_id: 'r1', approved: true, user: 'olga' },
  })
  await t.rejects(client.decide(approval?.id ?? '', false), { message: /404.*no such question is open/ })
  t.same(await client.approvals(), [])
})

t.test('questions end with their command, their connection, and their time', async (t) => {
  const { client, agent, id, open } = await runningCommand(t)
  agent.send('approval_request', questionOf(id))
  await open(1)
  const result = { command_id: id, exit_code: 0, stdout: '', stderr: '', duration_ms: 1 }
  agent.send('command_result', result)
  await open(0)
  const { id: second } = await client.send('agent-1', { command_type: 'shell', command: 'y' })
  await agent.inbox.take('command')
  agent.send('approval_request', { ...questionOf(second), expires_at: new Date(Date.now() - 1000).toISOString() })
  agent.send('approval_request', questionOf(second, 'r2'))
  await open(1)
  await agent.close()
  await open(0)
})

t.test('nobody is asked about a command that does not run there', async (t) => {
  const { url, client, agent, id, open } = await runningCommand(t)
  const other = await connectRawAgent({
    url,
    token: OTHER_AGENT_TOKEN,
    auth: { agent_id: 'agent-2', capabilities: ['approvals'] },
  })
  t.teardown(() => other.close())
  other.send('approval_request', questionOf(id, 'foreign'))
  agent.send('approval_request', questionOf('unknown', 'unknown'))
  other.send('approval_request', { ...questionOf(id), tool: 7 })
  agent.send('approval_request', { ...questionOf(id), target: 'a\u001b[2Jb' })
  await open(1)
  t.match(await client.approvals(), [{ agentId: 'agent-1', commandId: id, target: 'a\ufffd[2Jb' }])
})
