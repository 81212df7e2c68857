import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { fixtureFolder, UNWITHHELD } from '../helpers/isolated-host.ts'
import { startAgent } from '../helpers/processes.ts'
import { startReferenceServer } from '../helpers/reference-server.ts'
import { startSpecServer } from '../helpers/spec-server.ts'
import { waitUntil } from '../helpers/wait-until.ts'

/** The config of an agent with a plugin from elsewhere, in its own process, which asks a person. */
function configWithAsks(t: Test): Record<string, unknown> {
  const use = fixtureFolder(t, 'asks')
  // Beside the plugin, where the account that plugins of a root's agent run under gets to
  const agent = { id: 'agent-1', site: 'main-office', dataDir: join(dirname(use), 'data'), pluginUser: 'nobody' }
  return { agent, plugins: { asks: { use, enabled: true, permissions: UNWITHHELD } } }
}

t.test('a plugin’s question goes to an operator, whose answer decides', async (t) => {
  const server = await startReferenceServer(t)
  const { client } = server
  await startAgent(t, { serverUrl: server.url, config: configWithAsks(t) })
  await waitUntil('the agent', () => server.agents.get('agent-1')?.session != null)
  for (const approved of [true, false]) {
    const { id } = await client.send('agent-1', { command_type: { asks: {} } })
    await waitUntil('the question', async () => (await client.approvals()).length === 1)
    const [approval] = await client.approvals()
    t.match(approval, { agentId: 'agent-1', commandId: id, tool: 'Knock', target: 'the door', rule: 'politeness' })
    await client.decide(approval?.id ?? '', approved)
    const { result } = await client.ended(id)
    t.match(result, { exit_code: 0, data: { answer: { approved, by: 'olga', reason: null }, unasked: false } })
  }
  const { id } = await client.send('agent-1', { command_type: { asks: {} } })
  await waitUntil('the question', async () => (await client.approvals()).length === 1)
  await client.cancel(id)
  await client.ended(id)
  t.same(await client.approvals(), [], 'a question ends with its command')
})

t.test('a server that knows only the spec is asked nothing, which is a no', async (t) => {
  const server = await startSpecServer(t)
  await startAgent(t, { serverUrl: server.url, config: configWithAsks(t) })
  await server.inbox.take('auth')
  server.sendCommand({ id: 'one', command_type: { asks: {} } } as never)
  const { exit_code, stdout } = await server.resultOf('one')
  t.equal(exit_code, 0)
  t.match(JSON.parse(stdout), { answer: { approved: false, by: null, reason: /takes no approvals/ } })
})
