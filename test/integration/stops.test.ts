import { writeFile } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { type AgentOptions, processesWith, startAgent } from '../helpers/processes.ts'
import { startReferenceServer } from '../helpers/reference-server.ts'
import { startSpecServer } from '../helpers/spec-server.ts'
import { waitUntil } from '../helpers/wait-until.ts'

const POSIX = { skip: process.platform === 'win32' && 'the commands are for a POSIX shell' }

async function agentAndServer(t: Test, options: Partial<AgentOptions> = {}) {
  const server = await startReferenceServer(t)
  const agent = await startAgent(t, { serverUrl: server.url, ...options })
  const untilOnline = () => waitUntil('the agent', () => server.agents.get('agent-1')?.session != null)
  await untilOnline()
  const run = async (command: string) => {
    const { id } = await server.client.send('agent-1', { command_type: 'shell', command })
    return (await server.client.ended(id)).result
  }
  return { ...server, agent, run, untilOnline }
}

/** A number no other process has in its command line. */
function marker(): string {
  return `31536000.${String(Math.random()).slice(2, 12)}`
}

const shellLimits = (limits: object) => ({ plugins: { shell: { enabled: true, limits: { shell: limits } } } })

t.test('ten commands an hour stay ten over a restart and a crash of the agent', async (t) => {
  const config = shellLimits({ rate: { count: 10, windowSeconds: 3600 } })
  const { agent, run, untilOnline, agents } = await agentAndServer(t, { config })
  const restart = async (signal: NodeJS.Signals) => {
    agent.kill(signal)
    await agent.ended
    await waitUntil('the server to notice', () => agents.get('agent-1')?.session == null)
    await agent.startAgain()
    await untilOnline()
  }
  for (let count = 1; count <= 5; count++) t.match(await run('echo ran'), { exit_code: 0 }, `number ${count}`)
  await restart('SIGTERM')
  for (let count = 6; count <= 10; count++) t.match(await run('echo ran'), { exit_code: 0 }, `number ${count}`)
  await restart('SIGKILL')
  const refused = await run('echo ran')
  t.match(refused, { exit_code: -1, stdout: '', error: { code: 'LIMIT_RATE' } }, 'number 11')
  const wait = refused?.error?.retry_after_seconds ?? 0
  t.ok(wait > 3000 && wait <= 3600, `${wait} s`)
})

t.test('a drain hands back what waits, and a second signal ends what runs', POSIX, async (t) => {
  const { agent, client, store } = await agentAndServer(t, { config: shellLimits({ concurrent: 1, queued: 4 }) })
  const sleep = marker()
  const send = (command: string) => client.send('agent-1', { command_type: 'shell', command })
  const running = await send(`trap '' TERM; setsid sleep ${sleep} & echo begun; sleep ${sleep}; sleep ${sleep}`)
  await waitUntil('it to run', async () => (await processesWith(`sleep ${sleep}`)).length >= 2)
  const waiting = await send('echo never')
  await waitUntil('the other to wait', () => store.command(waiting.id)?.status === 'accepted')
  agent.kill('SIGTERM')
  t.match(await client.ended(waiting.id), {
    result: { exit_code: -1, stdout: '', error: { code: 'AGENT_DRAINING' } },
  })
  t.equal(store.command(running.id)?.result, null, 'what runs may go on')
  agent.kill('SIGTERM')
  t.match(await client.ended(running.id), {
    result: { exit_code: -1, stdout: 'begun\n', error: { code: 'COMMAND_INTERRUPTED' } },
  })
  t.same(await agent.ended, { code: 0, signal: null })
  t.same(await processesWith(sleep), [])
})

t.test('a drain has a deadline', POSIX, async (t) => {
  const { agent, client } = await agentAndServer(t, { args: ['--grace', '1'] })
  const sleep = marker()
  const { id } = await client.send('agent-1', { command_type: 'shell', command: `echo begun; sleep ${sleep}` })
  await waitUntil('it to run', async () => (await processesWith(`sleep ${sleep}`)).length > 0)
  agent.kill('SIGTERM')
  t.match(await client.ended(id), {
    result: { exit_code: -1, stdout: 'begun\n', error: { code: 'COMMAND_INTERRUPTED' } },
  })
  t.same(await agent.ended, { code: 0, signal: null })
  t.same(await processesWith(sleep), [])
})

t.test('an interrupted command is not run again by the next agent', POSIX, async (t) => {
  const { agent, client, store, untilOnline, agents } = await agentAndServer(t, { args: ['--grace', '0'] })
  const command = `echo ran >> '${agent.folder}/ran'; sleep ${marker()}`
  const { id } = await client.send('agent-1', { command_type: 'shell', command })
  await waitUntil('it to run', () => store.command(id)?.status === 'accepted')
  agent.kill('SIGTERM')
  const first = await client.ended(id)
  t.match(first, { result: { error: { code: 'COMMAND_INTERRUPTED' } } })
  await agent.ended
  await waitUntil('the server to notice', () => agents.get('agent-1')?.session == null)
  await agent.startAgain()
  await untilOnline()
  t.same(await client.command(id), first)
})

t.test(
  'a cancel reaches a command before it came, while it waits, while it runs and after its end',
  POSIX,
  async (t) => {
    const server = await startSpecServer(t)
    const agent = await startAgent(t, { serverUrl: server.url, config: shellLimits({ concurrent: 1, queued: 4 }) })
    await server.inbox.take('auth')
    const capabilities = ['command_ack', 'command_cancel', 'command_result_ack', 'result_details']
    server.sendRaw(JSON.stringify({ type: 'auth_ack', payload: { success: true, capabilities } }))
    const cancel = (id: string) =>
      server.sendRaw(JSON.stringify({ type: 'command_cancel', payload: { command_id: id } }))
    const send = (id: string, command: string) => server.sendCommand({ id, command_type: 'shell', command })
    const accepted = (id: string) => server.inbox.take('command_ack', ({ command_id }) => command_id === id)
    const ran = `echo ran >> '${agent.folder}/ran'`

    cancel('early')
    send('early', ran)
    t.match(await server.resultOf('early'), { exit_code: -1, error: { code: 'COMMAND_CANCELLED' } }, 'before it came')
    send('running', `until [ -e '${agent.folder}/go' ]; do sleep 0.05; done; sleep 600`)
    await accepted('running')
    send('waiting', ran)
    await accepted('waiting')
    cancel('waiting')
    t.match(await server.resultOf('waiting'), { exit_code: -1, error: { code: 'COMMAND_CANCELLED' } }, 'while it waits')
    for (let times = 0; times < 3; times++) cancel('running')
    const result = await server.resultOf('running')
    t.match(result, { exit_code: -1, error: { code: 'COMMAND_CANCELLED' } }, 'while it runs')
    await writeFile(`${agent.folder}/go`, '')
    cancel('running')
    t.same(await server.resultOf('running'), result, 'after its end: the same result')
    send('after', `cat '${agent.folder}/ran' 2>/dev/null; echo end`)
    t.match(await server.resultOf('after'), { exit_code: 0, stdout: 'end\n' }, 'none of the others ran')
  },
)
