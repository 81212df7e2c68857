import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { startAgent } from '../helpers/processes.ts'
import { AGENT_TOKEN, startReferenceServer } from '../helpers/reference-server.ts'
import { startSpecServer } from '../helpers/spec-server.ts'
import { waitUntil } from '../helpers/wait-until.ts'

const POSIX = { skip: process.platform === 'win32' && 'the commands are for a POSIX shell' }

t.test('a restarted server gets the agent back, what waited is run and what ended is told', POSIX, async (t) => {
  const logFile = `${t.testdir()}/server.log`
  const first = await startReferenceServer(t, { logFile })
  const port = Number(new URL(first.httpUrl).port)
  const agent = await startAgent(t, { serverUrl: first.url })
  await waitUntil('the agent', () => first.agents.get('agent-1')?.session != null)
  const go = `${agent.folder}/go`
  const waits = `until [ -e '${go}' ]; do sleep 0.05; done; echo ran >> '${agent.folder}/ran'; echo done`
  const running = await first.client.send('agent-1', { command_type: 'shell', command: waits })
  await waitUntil(
    'it to run',
    () => first.agents.get('agent-1')?.session != null && first.store.command(running.id)?.status === 'accepted',
  )
  await first.close()
  await writeFile(go, '')

  const second = await startReferenceServer(t, { logFile, port })
  t.match(await second.client.ended(running.id), { result: { exit_code: 0, stdout: 'done\n' } })
  const next = await second.client.send('agent-1', { command_type: 'shell', command: `cat '${agent.folder}/ran'` })
  t.match(await second.client.ended(next.id), { result: { stdout: 'ran\n' } }, 'it ran once')
  t.same(second.agents.get('agent-1')?.strayResults, [])
})

t.test('a wrong token is said loudly and tried again slowly', async (t) => {
  let attempts = 0
  const server = createServer()
  server.on('upgrade', (_request, socket) => {
    attempts++
    socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const agent = await startAgent(t, { serverUrl: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/agent` })
  await waitUntil('it to be said', () => agent.output().includes('REFUSED'))
  // A hundred times the longest pause after any other failure
  await new Promise((resolve) => setTimeout(resolve, 2000))
  t.equal(attempts, 1)
  t.match(agent.output(), /HTTP_401/)
  t.notOk(agent.output().includes(AGENT_TOKEN))
})

t.test('a broken connection is dialled again', async (t) => {
  const server = await startSpecServer(t)
  await startAgent(t, { serverUrl: server.url })
  for (let round = 0; round < 3; round++) {
    await server.inbox.take('auth')
    server.drop()
  }
  await server.inbox.take('auth')
  server.sendCommand({ id: 'after', command_type: 'shell', command: 'echo after' })
  t.match(await server.resultOf('after'), { exit_code: 0, stdout: /after/ })
})

t.test(
  'frames that are no messages get one clear answer where they name a command, and the link stays up',
  async (t) => {
    const server = await startSpecServer(t)
    const agent = await startAgent(t, { serverUrl: server.url })
    await server.inbox.take('auth')
    const bad: (string | Buffer)[] = [
      '',
      'no json',
      'null',
      '[1,2]',
      '{"type":"command"}',
      '{"type":"toString","payload":{}}',
      '{"type":"auth","payload":{"agent_id":"x"}}',
      '{"type":"command","payload":{"id":"","command_type":"shell"}}',
      `{"type":"command","payload":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      '{"type":"command","payload":{"__proto__":{"id":"x"},"command_type":"shell"}}',
      Buffer.from([0xff, 0xfe, 0x00]),
    ]
    for (const frame of bad) server.sendRaw(frame)
    server.sendRaw(Buffer.from([1, 2, 3]), { binary: true })
    const named = [
      { id: 'shape-1' },
      { id: 'shape-2', command_type: 7 },
      { id: 'shape-3', command_type: { shell: {}, claude_task: {} } },
      { id: 'shape-4', command_type: 'shell', command: 'echo', timeout_seconds: 'soon' },
      { id: 'shape-5', command_type: 'shell', command: 'echo', elevated: 'yes' },
    ]
    for (const payload of named) server.sendCommand(payload)
    for (const { id } of named) {
      t.match(await server.resultOf(id), {
        command_id: id,
        exit_code: -1,
        stdout: '',
        stderr: /not valid/,
        duration_ms: 0,
      })
    }
    server.sendCommand({ id: 'after', command_type: 'shell', command: 'echo after' })
    t.match(await server.resultOf('after'), { exit_code: 0 })
    t.equal(server.connections, 1)
    t.equal(server.inbox.of('command_result').length, named.length + 1)
    t.same(await Promise.race([agent.ended, 'running']), 'running')
  },
)

t.test('an over-large frame costs the connection and nothing else', async (t) => {
  const server = await startSpecServer(t)
  await startAgent(t, { serverUrl: server.url })
  await server.inbox.take('auth')
  server.sendCommand({ id: 'huge', command_type: 'shell', command: 'x'.repeat(1_048_576) })
  await server.inbox.take('auth')
  server.sendCommand({ id: 'after', command_type: 'shell', command: 'echo after' })
  t.match(await server.resultOf('after'), { exit_code: 0 })
  t.equal(server.connections, 2)
})
