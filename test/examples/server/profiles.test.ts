import t from 'tap'
import { profileReport } from '../../../examples/server/print.ts'
import { ALL_CAPABILITIES, connectRawAgent } from '../../helpers/raw-agent.ts'
import { AGENT_TOKEN, OTHER_AGENT_TOKEN, startReferenceServer } from '../../helpers/reference-server.ts'
import { waitUntil } from '../../helpers/wait-until.ts'

const auth = { agent_id: 'agent-1', capabilities: [...ALL_CAPABILITIES, 'site_profile'] }
const PLUGINS = { claude_task: { enabled: false } }

t.test('a profile goes to the agents of its site that know such messages, now and at each connect', async (t) => {
  const logFile = `${t.testdir()}/server.log`
  const { url, client, close } = await startReferenceServer(t, { logFile })
  const agent = await connectRawAgent({ url, token: AGENT_TOKEN, auth })
  t.match(agent.inbox.of('auth_ack')[0]?.payload, { site_profile: null })
  const other = await connectRawAgent({ url, token: OTHER_AGENT_TOKEN, auth: { ...auth, agent_id: 'agent-2' } })
  const { profile } = await client.setProfile('main-office', PLUGINS)
  t.same(await agent.inbox.take('site_profile'), profile)
  agent.send('site_profile_applied', { revision: profile?.revision, unknown: ['plugins.claude_task'] })
  await waitUntil('the answer', async () => (await client.profile('main-office')).agents[0]?.applied != null)
  const view = await client.profile('main-office')
  t.match(profileReport(view), /agent-1 +online +revision \d+ is in force; it has no plugins\.claude_task/)
  const again = await client.setProfile('main-office', {})
  t.ok((again.profile?.revision ?? 0) > (profile?.revision ?? 0), 'revisions count up')
  t.same(other.inbox.of('site_profile'), [])
  const plain = await connectRawAgent({ url, token: AGENT_TOKEN })
  await client.setProfile('main-office', PLUGINS)
  t.same(plain.inbox.of('site_profile'), [], 'it did not say that it knows them')
  await close()

  const restarted = await startReferenceServer(t, { logFile })
  const back = await connectRawAgent({ url: restarted.url, token: AGENT_TOKEN, auth })
  t.match(back.inbox.of('auth_ack')[0]?.payload, { site_profile: { plugins: PLUGINS } })
})

t.test('what is no profile, and a site without agents, is refused', async (t) => {
  const { client } = await startReferenceServer(t)
  await t.rejects(client.setProfile('main-office', { shell: true }), { message: /400/ })
  await t.rejects(client.setProfile('nowhere', {}), { message: /404/ })
  t.match(profileReport(await client.profile('main-office')), /^main-office has no profile\./)
})
