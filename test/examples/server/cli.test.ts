import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import t from 'tap'
import { createClient } from '../../../examples/server/client.ts'
import { connectRawAgent, resultOf } from '../../helpers/raw-agent.ts'
import { AGENT_TOKEN, OPERATOR_TOKEN, startReferenceServer, TOKENS } from '../../helpers/reference-server.ts'
import { COMPILE_CACHE, UNBUILT } from '../../helpers/unbuilt.ts'

const CLI = fileURLToPath(new URL('../../../examples/server/cli.ts', import.meta.url))
const NODE = [process.execPath, ...UNBUILT, CLI]
const ENV = { ...process.env, ...COMPILE_CACHE }

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

async function run(connection: string, ...args: string[]): Promise<Ended> {
  const [program = '', ...first] = NODE
  const child = spawn(program, [...first, '--connection', connection, ...args], {
    env: ENV,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text) => {
      output[stream] += text
    })
  }
  const [code] = await once(child, 'close')
  return { code, ...output }
}

async function serverWithConnection(t: Test) {
  const server = await startReferenceServer(t)
  const connection = `${t.testdir()}/operator.json`
  await writeFile(connection, JSON.stringify({ url: server.httpUrl, token: OPERATOR_TOKEN }), { mode: 0o600 })
  return { ...server, connection }
}

t.test('an operator sees the agents', async (t) => {
  const { url, connection } = await serverWithConnection(t)
  const agent = { agent_id: 'agent-1', hostname: 'pc-1\u001b[2J', os: 'linux', arch: 'x64', capabilities: [] }
  await connectRawAgent({ url, token: AGENT_TOKEN, auth: agent })
  const { code, stdout } = await run(connection, 'agents')
  t.equal(code, 0)
  t.match(stdout, /^agent-1 +main-office +online .*pc-1\ufffd\[2J \(linux x64\)/m)
  t.match(stdout, /^agent-2 +clinic +offline +never/m)
  t.match(JSON.parse((await run(connection, '--json', 'agents')).stdout), [{ id: 'agent-1' }, { id: 'agent-2' }])
})

t.test('an operator sends a command and gets its output and exit code', async (t) => {
  const { url, connection } = await serverWithConnection(t)
  const agent = await connectRawAgent({ url, token: AGENT_TOKEN })
  const running = run(connection, 'send', 'agent-1', 'shell', 'ls -l', '--timeout', '5')
  const { id, ...command } = await agent.inbox.take('command')
  t.match(command, { command_type: 'shell', command: 'ls -l', timeout_seconds: 5, elevated: false })
  agent.send('command_result', resultOf(id, { exit_code: 3, stdout: 'one\u001b[31m\n', stderr: 'two\n' }))
  const { code, stdout, stderr } = await running
  t.equal(stderr, '')
  t.equal(code, 3)
  t.match(stdout, /exit code 3.*\none\ufffd\[31m\ntwo\n$/s)
})

t.test('an operator is told that a command waits for an agent that is offline', async (t) => {
  const { url, connection } = await serverWithConnection(t)
  const child = spawn(process.execPath, [
    ...NODE.slice(1),
    '--connection',
    connection,
    'send',
    'agent-1',
    'shell',
    'id',
  ])
  const ended = once(child, 'close')
  const [told] = await once(child.stderr.setEncoding('utf8'), 'data')
  t.equal(told, 'agent-1 is offline; the command waits for it. Ctrl-C leaves it waiting.\n')
  const agent = await connectRawAgent({ url, token: AGENT_TOKEN })
  const { id } = await agent.inbox.take('command')
  agent.send('command_result', resultOf(id, { exit_code: 0, stdout: '' }))
  t.equal((await ended)[0], 0)
})

t.test('an operator gives the input of a type field by field', async (t) => {
  const { url, connection } = await serverWithConnection(t)
  const agent = await connectRawAgent({ url, token: AGENT_TOKEN })
  const fields = ['--set', 'task=Check = all', 'context_files=["a.log"]']
  const running = run(connection, '--json', 'send', 'agent-1', 'claude_task', ...fields)
  const { id, command_type } = await agent.inbox.take('command')
  t.same(command_type, { claude_task: { task: 'Check = all', context_files: ['a.log'] } })
  const error = { code: 'LIMIT_RATE', message: 'Too many.' }
  agent.send('command_result', resultOf(id, { exit_code: -1, stdout: '', stderr: 'Too many.', error }))
  const { code, stdout } = await running
  t.equal(code, 255)
  t.match(JSON.parse(stdout), { id, result: { error } })
})

t.test('an operator leaves, cancels and looks again', async (t) => {
  const { connection } = await serverWithConnection(t)
  const sent = await run(connection, 'send', 'agent-1', 'shell', 'id', '--no-wait')
  t.equal(sent.code, 0)
  const id = sent.stdout.trim()
  t.match(await run(connection, 'cancel', id), { code: 0, stdout: /withdrawn \(cancelled\)/ })
  t.match(await run(connection, 'show', id), { code: 1, stdout: /withdrawn/ })
  t.match(await run(connection, 'show', 'no-such-id'), { code: 1, stderr: /404/ })
})

t.test(
  'the server runs, and once its log cannot be written it acknowledges nothing',
  { skip: process.platform === 'win32' && 'no ulimit' },
  async (t) => {
    const dir = t.testdir()
    await writeFile(`${dir}/tokens.json`, JSON.stringify(TOKENS), { mode: 0o600 })
    const serve = `exec "$0" "$@" --json serve --port 0 --tokens ${dir}/tokens.json --log ${dir}/server.log`
    const child = spawn('sh', ['-c', `ulimit -f 4; ${serve}`, ...NODE], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    t.teardown(() => child.kill('SIGKILL'))
    let output = ''
    for await (const text of child.stdout.setEncoding('utf8')) {
      output += text
      if (output.includes('\n')) break
    }
    const { url, httpUrl } = JSON.parse(output)
    const client = createClient({ url: httpUrl, token: OPERATOR_TOKEN })
    const agent = await connectRawAgent({ url, token: AGENT_TOKEN })
    const { id } = await client.send('agent-1', { command_type: 'shell', command: 'id' })
    agent.send('command_result', resultOf(id, { stdout: 'x'.repeat(10_000) }))
    t.equal(await agent.closed, 1006)
    t.same(agent.inbox.of('command_result_ack'), [])
    await t.rejects(client.send('agent-1', { command_type: 'shell' }), /503/)

    child.kill('SIGTERM')
    const [code] = await once(child, 'exit')
    t.equal(code, 0, 'ends by itself')
    const again = await startReferenceServer(t, { logFile: `${dir}/server.log` })
    t.match(
      await again.client.command(id),
      { status: 'sent', result: null },
      'so the agent’s result is taken after a restart',
    )
  },
)
