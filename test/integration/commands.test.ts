import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import t from 'tap'
import { type AgentOptions, processesWith, startAgent } from '../helpers/processes.ts'
import { startReferenceServer } from '../helpers/reference-server.ts'
import { startSpecServer } from '../helpers/spec-server.ts'
import { waitUntil } from '../helpers/wait-until.ts'

const POSIX = { skip: process.platform === 'win32' && 'the commands are for a POSIX shell' }

async function agentAndServer(t: Parameters<typeof startAgent>[0], options: Partial<AgentOptions> = {}) {
  const server = await startReferenceServer(t)
  const agent = await startAgent(t, { serverUrl: server.url, ...options })
  await waitUntil('the agent', () => server.agents.get('agent-1')?.session != null)
  return { ...server, agent }
}

/** A number no other process has in its command line. */
function marker(): string {
  return `31536000.${String(Math.random()).slice(2, 12)}`
}

t.test('a command that comes again is not run again', POSIX, async (t) => {
  const server = await startSpecServer(t)
  const { folder } = await startAgent(t, { serverUrl: server.url })
  await server.inbox.take('auth')
  const command = {
    id: randomUUID(),
    command_type: 'shell',
    command: `echo ran >> '${folder}/ran'; sleep 0.5; date +%N`,
  }
  server.sendCommand(command)
  server.sendCommand({ ...command })
  const first = await server.resultOf(command.id)
  server.sendCommand(command)
  t.same(await server.resultOf(command.id), first, 'the stored result')
  server.drop()
  await server.inbox.take('auth')
  server.sendCommand(command)
  t.same(await server.resultOf(command.id), first, 'also on a new connection')
  server.sendCommand({ ...command, command: 'echo other' })
  server.sendCommand({ id: 'marker', command_type: 'shell', command: 'true' })
  await server.resultOf('marker')
  t.equal(server.inbox.of('command_result').length, 4, 'the id with another content gets no result')
  t.equal(await readFile(`${folder}/ran`, 'utf8'), 'ran\n')
})

t.test('a cancelled command ends with everything it started', POSIX, async (t) => {
  const { client } = await agentAndServer(t)
  const sleep = marker()
  const command = `sleep ${sleep} & setsid sleep ${sleep} & echo started; sleep ${sleep}`
  const { id } = await client.send('agent-1', { command_type: 'shell', command })
  await waitUntil('it to run', async () => (await processesWith(sleep)).length >= 3)
  await client.cancel(id)
  t.match(await client.ended(id), {
    result: { exit_code: -1, stdout: 'started\n', error: { code: 'COMMAND_CANCELLED' } },
  })
  t.same(await processesWith(sleep), [])
  t.match(await client.cancel(id), { status: 'finished' }, 'may be repeated')
})

t.test('a command that times out leaves no process', POSIX, async (t) => {
  const { client } = await agentAndServer(t)
  const sleep = marker()
  const command = `trap '' TERM; (sleep ${sleep} &) ; setsid sleep ${sleep} & echo started; sleep ${sleep}; sleep ${sleep}`
  const { id } = await client.send('agent-1', { command_type: 'shell', command, timeout_seconds: 1 })
  t.match(await client.ended(id), {
    result: { exit_code: 124, stdout: 'started\n', error: { code: 'COMMAND_TIMED_OUT' } },
  })
  t.same(await processesWith(sleep), [])
})

t.test('SIGTERM lets what runs end, refuses what comes, and delivers the results', POSIX, async (t) => {
  const { client, agent, store } = await agentAndServer(t)
  const go = `${agent.folder}/go`
  const waits = `until [ -e '${go}' ]; do sleep 0.05; done; echo done`
  const running = await client.send('agent-1', { command_type: 'shell', command: waits })
  await waitUntil('it to run', () => store.command(running.id)?.status === 'accepted')
  agent.kill('SIGTERM')
  await waitUntil('it to drain', async () => {
    const { id } = await client.send('agent-1', { command_type: 'shell', command: 'true' })
    return (await client.ended(id)).result?.error?.code === 'AGENT_DRAINING'
  })
  await writeFile(go, '')
  const { result } = await client.ended(running.id)
  t.match(result, { exit_code: 0, stdout: 'done\n' })
  t.same(await agent.ended, { code: 0, signal: null })
})

t.test('of three commands at once where two may run the third is refused at once', POSIX, async (t) => {
  const limits = { shell: { concurrent: 2, queued: 0 } }
  const { client, agent } = await agentAndServer(t, { config: { plugins: { shell: { enabled: true, limits } } } })
  const waits = `until [ -e '${agent.folder}/go' ]; do sleep 0.05; done; echo done`
  const send = () => client.send('agent-1', { command_type: 'shell', command: waits })
  const [first, second, third] = [await send(), await send(), await send()]
  t.match(await client.ended(third.id), {
    result: { exit_code: -1, stdout: '', stderr: String, duration_ms: 0, error: { code: 'LIMIT_CONCURRENT' } },
  })
  const fourth = await client.send('agent-1', { command_type: 'shell', command: 'true' })
  t.match(await client.ended(fourth.id), { result: { error: { code: 'LIMIT_CONCURRENT' } } })
  await writeFile(`${agent.folder}/go`, '')
  for (const { id } of [first, second]) t.match(await client.ended(id), { result: { exit_code: 0, stdout: 'done\n' } })
  const fifth = await client.send('agent-1', { command_type: 'shell', command: 'true' })
  t.match(await client.ended(fifth.id), { result: { exit_code: 0 } }, 'there is room again')
})

t.test('the eleventh command of an hour is refused with the time to wait', async (t) => {
  const limits = { shell: { rate: { count: 10, windowSeconds: 3600 } } }
  const shell = { enabled: true, limits, config: { allow: ['echo ran'] } }
  const { client } = await agentAndServer(t, { config: { plugins: { shell } } })
  for (let count = 1; count <= 10; count++) {
    const other = await client.send('agent-1', { command_type: 'shell', command: 'echo refused' })
    t.match((await client.ended(other.id)).result, { error: { code: 'SHELL_NOT_ALLOWED' } }, 'refusals do not count')
    const { id } = await client.send('agent-1', { command_type: 'shell', command: 'echo ran' })
    t.match((await client.ended(id)).result, { exit_code: 0 }, `number ${count}`)
  }
  for (const count of [11, 12]) {
    const { id } = await client.send('agent-1', { command_type: 'shell', command: 'echo ran' })
    const { result } = await client.ended(id)
    t.match(result, { exit_code: -1, stdout: '', error: { code: 'LIMIT_RATE' } }, `number ${count}`)
    const wait = result?.error?.retry_after_seconds ?? 0
    t.ok(wait > 0 && wait <= 3600, `${wait} s`)
  }
})
