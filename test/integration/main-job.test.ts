import t from 'tap'
import { startAgent } from '../helpers/processes.ts'
import { AGENT_TOKEN, startReferenceServer } from '../helpers/reference-server.ts'
import { startSpecServer } from '../helpers/spec-server.ts'
import { waitUntil } from '../helpers/wait-until.ts'

t.test('a server that knows only the spec’s two messages is served, and sees no other fields', async (t) => {
  const server = await startSpecServer(t)
  const agent = await startAgent(t, { serverUrl: server.url })
  await server.inbox.take('auth')
  const id = '550e8400-e29b-41d4-a716-446655440000'
  const shell = process.platform === 'win32' ? 'echo hello& exit 3' : 'echo hello; echo oh >&2; exit 3'
  server.sendCommand({ id, command_type: 'shell', command: shell, timeout_seconds: 300, elevated: false })
  const result = await server.resultOf(id)
  const text = server.texts.find((each) => each.startsWith('{"type":"command_result"'))
  const { duration_ms } = result
  t.ok(Number.isInteger(duration_ms) && duration_ms >= 0)
  if (process.platform !== 'win32') {
    const expected = { command_id: id, exit_code: 3, stdout: 'hello\n', stderr: 'oh\n', duration_ms }
    t.equal(text, JSON.stringify({ type: 'command_result', payload: expected }), 'byte for byte')
  }

  server.sendCommand({
    id: 'refused-1',
    command_type: 'no_such_type',
    command: 'x',
    timeout_seconds: 5,
    elevated: false,
  })
  t.match(await server.resultOf('refused-1'), { exit_code: -1, stdout: '', stderr: /no_such_type/, duration_ms: 0 })
  const fields = ['command_id', 'duration_ms', 'exit_code', 'stderr', 'stdout']
  for (const { payload } of server.inbox.of('command_result')) t.same(Object.keys(payload).sort(), fields)
  const types = new Set(server.inbox.all.map((frame) => frame.type))
  t.same([...types].sort(), ['auth', 'command_result', 'heartbeat'])

  t.same(server.authorizations, [`Bearer ${AGENT_TOKEN}`])
  t.notOk(server.texts.join().includes(AGENT_TOKEN), 'the token is in the upgrade alone')
  t.notOk(agent.output().includes(AGENT_TOKEN), 'and in no log')
})

t.test('the object form of a command type is the same command', async (t) => {
  const server = await startSpecServer(t)
  await startAgent(t, { serverUrl: server.url })
  await server.inbox.take('auth')
  const forms = [
    { command_type: 'shell', command: 'echo one' },
    { command_type: { shell: { command: 'echo one' } }, command: 'unused for shell' },
    { command_type: { shell: {} }, command: 'echo one' },
    { command_type: { shell: { command: 'echo one' } } },
  ]
  for (const [index, form] of forms.entries()) {
    server.sendCommand({ id: `form-${index}`, ...form })
    const { exit_code, stdout } = await server.resultOf(`form-${index}`)
    t.same([exit_code, stdout.trim()], [0, 'one'], JSON.stringify(form))
  }
})

t.test('an operator’s command runs on the agent, and its output comes while it runs', async (t) => {
  const { url, client } = await startReferenceServer(t)
  await startAgent(t, { serverUrl: url })
  await waitUntil('the agent', async () => (await client.agents())[0]?.online === true)
  const slow =
    process.platform === 'win32' ? 'echo first& ping -n 3 127.0.0.1 >NUL& echo last' : 'echo first; sleep 1; echo last'
  const { id } = await client.send('agent-1', { command_type: 'shell', command: slow, timeout_seconds: 60 })
  const seen: string[] = []
  for await (const news of client.follow(id)) {
    if (news.event === 'command') seen.push(news.command.status)
    else seen.push(...String(news.progress.data).trim().split(/\s+/))
  }
  t.equal(seen.at(-1), 'finished')
  t.ok(seen.indexOf('first') > 0 && seen.indexOf('first') < seen.length - 1, seen.join(' '))
  t.match(await client.command(id), {
    sentAt: String,
    result: { exit_code: 0, stdout: /first\s+last\s+/, error: null, plugin: 'shell' },
  })
  const [agent] = await client.agents()
  t.match(agent, {
    site: 'main-office',
    badFrames: 0,
    description: {
      agent_id: 'agent-1',
      site: 'main-office',
      protocol_version: 1,
      os: process.platform,
      arch: process.arch,
    },
  })
  t.ok(agent?.description?.plugins?.some(({ name, commands }) => name === 'shell' && commands.length > 0))
})

t.test('output of many megabytes arrives cut, and the result tells of all of it', async (t) => {
  const { url, client } = await startReferenceServer(t)
  await startAgent(t, { serverUrl: url })
  await waitUntil('the agent', async () => (await client.agents())[0]?.online === true)
  const bytes = 20_000_000
  // Control characters take six bytes each in JSON: the largest frame that an output of this size can make
  const script = `process.stdout.write(Buffer.alloc(${bytes}, 1)); process.stderr.write(Buffer.alloc(${bytes}, 2))`
  const command = `"${process.execPath}" -e "${script}"`
  const { id } = await client.send('agent-1', { command_type: 'shell', command, timeout_seconds: 120 })
  const { result } = await client.ended(id)
  t.equal(result?.exit_code, 0)
  for (const stream of ['stdout', 'stderr'] as const) {
    const truncation = result?.truncation?.[stream]
    t.equal(truncation?.total_bytes, bytes, stream)
    const length = result?.[stream].length ?? 0
    t.ok(length > 1_000_000 && length < 1_200_000, `${length} of ${stream}`)
    t.ok((truncation?.total_bytes ?? 0) - (truncation?.dropped_bytes ?? 0) <= 1_048_576)
  }
})
