import t from 'tap'
import { cli } from '../core/cli/cli.ts'
import { startAgent } from '../helpers/processes.ts'
import { startReferenceServer } from '../helpers/reference-server.ts'
import { startSpecServer } from '../helpers/spec-server.ts'
import { waitUntil } from '../helpers/wait-until.ts'

t.test('what the server takes away is off at once, shown everywhere, and stays off offline', async (t) => {
  const server = await startReferenceServer(t)
  const agent = await startAgent(t, { serverUrl: server.url })
  const record = () => server.agents.get('agent-1')
  await waitUntil('the agent', () => record()?.session != null)
  const { profile } = await server.client.setProfile('main-office', { shell: { enabled: false } })
  const revision = profile?.revision ?? 0
  await waitUntil('the answer', () => record()?.profileApplied?.revision === revision)
  t.match(await server.client.profile('main-office'), { agents: [{ id: 'agent-1', applied: { revision } }] })

  const { id } = await server.client.send('agent-1', { command_type: 'shell', command: 'echo hi' })
  t.match(await server.client.ended(id), {
    result: {
      exit_code: -1,
      error: { code: 'PLUGIN_DISABLED', rule: `site profile ${revision}: plugins.shell.enabled` },
    },
  })
  const shows = async () => {
    const status = await cli(agent.folder, ['status'])
    t.match(status.stdout, new RegExp(`^site profile +revision ${revision} of .*narrows shell$`, 'm'))
    const list = await cli(agent.folder, ['plugin', 'list', '--json'])
    t.match(JSON.parse(list.stdout)[0], { name: 'shell', state: 'disabled', reason: /site profile/ })
    const print = await cli(agent.folder, ['config', 'print'])
    t.match(JSON.parse(print.stdout).plugins.shell, { enabled: false })
    t.match(print.stderr, /site profile, revision/)
  }
  await shows()
  t.match(await cli(agent.folder, ['plugin', 'enable', 'shell']), { code: 0, stderr: /site profile/ })

  agent.kill('SIGKILL')
  await server.close()
  await agent.startAgain()
  await waitUntil('it to run', async () => (await cli(agent.folder, ['status'])).code === 0)
  await shows()
  t.match(await cli(agent.folder, ['run', 'shell', 'echo hi']), { code: 255, stderr: /site profile/ })
})

t.test('a profile that was set while the agent was away comes with `auth_ack`', async (t) => {
  const server = await startReferenceServer(t)
  await server.client.setProfile('main-office', { shell: { limits: { shell: { concurrent: 1, queued: 0 } } } })
  const first = await server.client.send('agent-1', { command_type: 'shell', command: 'sleep 60' })
  const second = await server.client.send('agent-1', { command_type: 'shell', command: 'echo hi' })
  await startAgent(t, { serverUrl: server.url })
  t.match(await server.client.ended(second.id), {
    result: { error: { code: 'LIMIT_CONCURRENT', rule: /^site profile/ } },
  })
  await server.client.cancel(first.id)
  t.match(await server.client.ended(first.id), { result: { error: { code: 'COMMAND_CANCELLED' } } })
})

t.test('one that widens is refused with its place, and heartbeats tell what is in force', async (t) => {
  const server = await startReferenceServer(t, { heartbeatSeconds: 0.2 })
  await startAgent(t, { serverUrl: server.url })
  const record = () => server.agents.get('agent-1')
  await waitUntil('the agent', () => record()?.session != null)
  await server.client.setProfile('main-office', { shell: { enabled: false } })
  const shell = () => record()?.heartbeat?.plugins?.find(({ name }) => name === 'shell')
  await waitUntil('the heartbeat', () => /site profile/.test(shell()?.reason ?? ''))
  await server.client.setProfile('main-office', { shell: { limits: { shell: { concurrent: 1000 } } } })
  await waitUntil('the refusal', () => record()?.profileApplied?.error?.code === 'SITE_PROFILE_WIDENS')
  t.match(shell(), { name: 'shell', state: 'disabled' })
})

t.test('a server that knows nothing of it changes nothing by it', async (t) => {
  const server = await startSpecServer(t)
  const agent = await startAgent(t, { serverUrl: server.url })
  await server.inbox.take('auth')
  server.sendRaw(
    JSON.stringify({ type: 'site_profile', payload: { revision: 1, plugins: { shell: { enabled: true } } } }),
  )
  server.sendRaw(JSON.stringify({ type: 'site_profile', payload: { plugins: {} } }))
  server.sendCommand({ id: 'one', command_type: 'shell', command: 'echo hi' })
  t.match(await server.resultOf('one'), { exit_code: 0 })
  t.notOk(
    server.inbox.all.some(({ type }) => type === 'site_profile_applied'),
    'it did not ask for answers',
  )
  agent.kill('SIGTERM')
  t.match(await agent.ended, { code: 0 })
})
