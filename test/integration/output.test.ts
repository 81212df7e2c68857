import { createHash } from 'node:crypto'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { type AgentOptions, startAgent } from '../helpers/processes.ts'
import { startReferenceServer } from '../helpers/reference-server.ts'
import { startSpecServer } from '../helpers/spec-server.ts'
import { waitUntil } from '../helpers/wait-until.ts'

const POSIX = { skip: process.platform === 'win32' && 'the commands are for a POSIX shell' }

const sha256 = (data: string) => createHash('sha256').update(data).digest('hex')
const numbers = (last: number) => Array.from({ length: last }, (_, index) => `${index + 1}\n`).join('')

async function agentOn(t: Test, logFile: string, options: Partial<AgentOptions> = {}) {
  const server = await startReferenceServer(t, { logFile })
  const agent = await startAgent(t, { serverUrl: server.url, ...options })
  await waitUntil('the agent', () => server.agents.get('agent-1')?.session != null)
  return { server, agent }
}

t.test(
  'what a server missed while it was away it fetches, also from an agent that was killed since',
  POSIX,
  async (t) => {
    const logFile = `${t.testdir()}/server.log`
    const { server, agent } = await agentOn(t, logFile)
    const port = Number(new URL(server.httpUrl).port)
    const go = `${agent.folder}/go`
    const last = 400_000
    // Half of it while the server is there, half while it is away
    const command = `seq 1 ${last / 2}; until [ -e '${go}' ]; do sleep 0.05; done; seq ${last / 2 + 1} ${last}; sleep 1.5`
    const { id } = await server.client.send('agent-1', { command_type: 'shell', command })
    let streamed = 0
    for await (const news of server.client.follow(id)) {
      if (news.event !== 'progress' || news.progress.stream !== 'stdout') continue
      streamed = (news.progress.offset ?? 0) + Buffer.byteLength(String(news.progress.data))
      if (streamed > 100_000) break
    }
    await server.close()
    await writeFile(go, '')
    const folder = `${agent.folder}/data/spool`
    const whole = numbers(last)
    await waitUntil('all of it to be on the disk', async () => {
      const [file] = await readdir(folder)
      return file !== undefined && (await stat(`${folder}/${file}`)).size === whole.length
    })
    const again = await startReferenceServer(t, { logFile, port })
    const { result } = await again.client.ended(id)
    t.equal(result?.truncation?.stdout?.total_bytes, whole.length, 'the result holds only parts of it')
    t.equal(result?.truncation?.stdout?.sha256, sha256(whole))
    const missed = await text(again.client.output(id, 'stdout', streamed))
    t.ok(missed === whole.slice(streamed), 'every byte from there on')

    agent.kill('SIGKILL')
    await agent.ended
    await waitUntil('the server to notice', () => again.agents.get('agent-1')?.session == null)
    await agent.startAgain()
    await waitUntil('the agent', () => again.agents.get('agent-1')?.session != null)
    t.ok((await text(again.client.output(id))) === whole, 'the next agent has it too')
    t.match(await again.client.history('agent-1', { type: 'shell', text: 'seq 1' }), {
      entries: [{ command_id: id, state: 'acknowledged', exit_code: 0 }],
    })
  },
)

t.test('what a command wrote before its agent was killed is not lost with it', POSIX, async (t) => {
  const { server, agent } = await agentOn(t, `${t.testdir()}/server.log`)
  const { id } = await server.client.send('agent-1', { command_type: 'shell', command: 'echo before; sleep 600' })
  const folder = `${agent.folder}/data/spool`
  // A file is made before it is written
  await waitUntil('it to be on the disk', async () => {
    const [file] = await readdir(folder).catch(() => [])
    return file !== undefined && (await readFile(`${folder}/${file}`, 'utf8')) === 'before\n'
  })
  agent.kill('SIGKILL')
  await agent.ended
  await agent.startAgain()
  const { result } = await server.client.ended(id)
  t.match(result, { exit_code: -1, stdout: '', error: { code: 'COMMAND_INTERRUPTED' } })
  t.equal(await text(server.client.output(id)), 'before\n')
})

t.test('a command that says little leaves no file', POSIX, async (t) => {
  const { server, agent } = await agentOn(t, `${t.testdir()}/server.log`)
  for (const command of ['echo one', 'echo two >&2; exit 3', 'seq 1 5000']) {
    const { id } = await server.client.send('agent-1', { command_type: 'shell', command })
    await server.client.ended(id)
  }
  await t.rejects(readdir(`${agent.folder}/data/spool`), { code: 'ENOENT' })
})

t.test('secrets are masked before output is kept', POSIX, async (t) => {
  const { server, agent } = await agentOn(t, `${t.testdir()}/server.log`)
  const token = (await readFile(`${agent.folder}/token`, 'utf8')).trim()
  const halves = `'${token.slice(0, 5)}''${token.slice(5)}'`
  const command = `for i in $(seq 1 20000); do printf '%s\\n' ${halves}; done`
  const { id } = await server.client.send('agent-1', { command_type: 'shell', command })
  await server.client.ended(id)
  const folder = `${agent.folder}/data/spool`
  for (const file of await readdir(folder)) t.notOk((await readFile(`${folder}/${file}`, 'utf8')).includes(token), file)
  t.notOk((await text(server.client.output(id))).includes(token))
})

t.test('a server that reads nothing costs no memory, and hears the rest when it asks', POSIX, async (t) => {
  const server = await startSpecServer(t)
  const config = { journal: { spoolBytes: 100_000_000, spoolCommandBytes: 20_000_000 } }
  const agent = await startAgent(t, { serverUrl: server.url, config })
  await server.inbox.take('auth')
  const capabilities = ['command_progress', 'result_details', 'command_result_ack', 'query']
  server.sendRaw(JSON.stringify({ type: 'auth_ack', payload: { success: true, heartbeat_seconds: 600, capabilities } }))
  server.sendCommand({ id: 'warm', command_type: 'shell', command: 'seq 1 100000' })
  await server.resultOf('warm')
  const before = await residentBytes(agent.pid)
  server.pause()
  const bytes = 300_000_000
  const done = `${agent.folder}/done`
  server.sendCommand({
    id: 'long',
    command_type: 'shell',
    command: `yes 0123456789abcde | head -c ${bytes}; touch '${done}'`,
  })
  let most = 0
  await waitUntil(
    'it to end',
    async () => {
      most = Math.max(most, await residentBytes(agent.pid))
      return stat(done).then(
        () => true,
        () => false,
      )
    },
    120_000,
  )
  t.ok(most - before < 100_000_000, `${Math.round((most - before) / 1e6)} MB more`)
  server.resume()
  const result = await server.resultOf('long', 60_000)
  t.equal(result.truncation.stdout.total_bytes, bytes)
  const pieces = server.inbox.of('command_progress').map(({ payload }) => payload)
  t.ok(pieces.some(({ dropped }) => dropped > 0) || pieces.length < 1000, 'pieces were left out')
  const ask = async (offset: number) => {
    const id = `q${offset}`
    const payload = { id, what: 'output', command_id: 'long', offset }
    server.sendRaw(JSON.stringify({ type: 'query', payload }))
    return server.inbox.take('query_result', (answer) => answer.id === id)
  }
  t.match(await ask(19_999_984), { data: '0123456789abcde\n', offset: 19_999_984, total_bytes: bytes, end: false })
  t.match(await ask(20_000_000), { error: { code: 'OUTPUT_GONE' } }, 'that much is kept of one command')
  const answerTo = (what: string) => {
    server.sendRaw(JSON.stringify({ type: 'query', payload: { id: what, what } }))
    return server.inbox.take('query_result', ({ id }) => id === what)
  }
  t.match(await answerTo('status'), { data: { agent_id: 'agent-1', running: 0, journal: { available: true } } })
  t.match(await answerTo('plugins'), { data: { plugins: [{ name: 'shell', commands: [{ type: 'shell' }] }, {}] } })
  t.match(await answerTo('history'), {
    data: { entries: [{ command_id: 'long' }, { command_id: 'warm' }], next: null },
  })
  t.match(await answerTo('weather'), { error: { code: 'QUERY_INVALID' } })
})

t.test('the spool stays within its quota', POSIX, async (t) => {
  const config = { journal: { spoolBytes: 5_000_000, spoolCommandBytes: 2_000_000 } }
  const { server, agent } = await agentOn(t, `${t.testdir()}/server.log`, { config })
  const ids: string[] = []
  for (let each = 0; each < 5; each++) {
    const { id } = await server.client.send('agent-1', {
      command_type: 'shell',
      command: `yes ${each} | head -c 1500000`,
    })
    await server.client.ended(id)
    ids.push(id)
  }
  const folder = `${agent.folder}/data/spool`
  const sizes = await Promise.all((await readdir(folder)).map(async (file) => (await stat(`${folder}/${file}`)).size))
  t.equal(sizes.length, 3)
  t.ok(sizes.reduce((sum, size) => sum + size, 0) <= 5_000_000)
  await t.rejects(text(server.client.output(ids[0] ?? '')), /410/)
  t.equal((await text(server.client.output(ids[4] ?? ''))).length, 1_500_000)
})

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024
}
