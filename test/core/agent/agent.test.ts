import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Agent } from '../../../core/agent/agent.ts'
import { buildConfig } from '../../../core/config/index.ts'
import { Redactor } from '../../../core/redaction/index.ts'
import { until } from '../../helpers/dispatch.ts'
import { bufferLogger } from '../../helpers/logger.ts'
import { AGENT_TOKEN, startReferenceServer } from '../../helpers/reference-server.ts'
import { startSpecServer } from '../../helpers/spec-server.ts'

async function agentFor(t: Test, url: string, change: object = {}, options: { connect?: boolean } = {}) {
  const dir = t.testdir()
  writeFileSync(join(dir, 'token'), `${AGENT_TOKEN}\n`, { mode: 0o600 })
  const text = JSON.stringify({
    agent: { id: 'agent-1', site: 'main-office', dataDir: './var' },
    server: { url, tokenFile: './token', reconnect: { minSeconds: 0.05, maxSeconds: 0.2 } },
    plugins: { shell: {} },
    ...change,
  })
  const logger = bufferLogger()
  const loaded = buildConfig(join(dir, 'agent.config.json'), text, { env: {} })
  const agent = await Agent.create(loaded, { logger, redactor: new Redactor() })
  if (options.connect) await agent.connect()
  await agent.begin()
  let stopped: Promise<void> | undefined
  const stop = () => (stopped ??= agent.stop(0))
  t.teardown(stop)
  const changed = (next: string) => buildConfig(join(dir, 'agent.config.json'), next, { env: {} })
  return { agent, logger, dir, stop, text, changed }
}

t.test('it connects, introduces itself, runs a command and reports how it stands', async (t) => {
  const server = await startReferenceServer(t)
  const { agent, dir } = await agentFor(t, server.url)
  t.equal(agent.status.server.state, 'stopped')
  void agent.connect()
  await until(() => agent.status.server.state === 'ready')
  const local = await agent.run({ id: 'local-1', command_type: 'shell', command: 'echo from here' }, () => {})
  t.match(local, { exit_code: 0, stdout: /^from here\r?\n$/, error: null })
  const { status } = agent
  t.match(status, { site: 'main-office', running: 0, queued: 0, outbox: 0, server: { state: 'ready', outage: null } })
  t.match(status.plugins, [{ name: 'shell', state: 'enabled' }])
  t.equal(
    statSync(join(dir, 'var')).mode & 0o077,
    process.platform === 'win32' ? statSync(join(dir, 'var')).mode & 0o077 : 0,
  )
})

t.test('it can dial at once, and serves what came before all else was done', async (t) => {
  const server = await startSpecServer(t)
  const creating = agentFor(t, server.url, {}, { connect: true })
  await server.inbox.take('auth')
  server.sendCommand({
    id: 'early',
    command_type: 'shell',
    command: 'echo early',
    timeout_seconds: 30,
    elevated: false,
  })
  const { agent } = await creating
  t.match(await server.resultOf('early'), { exit_code: 0, stdout: /^early/ })
  t.equal(agent.status.server.state, 'ready')
})

t.test('where its data folder has another agent, it hangs up', async (t) => {
  const server = await startSpecServer(t)
  const { dir } = await agentFor(t, server.url)
  const text = JSON.stringify({ agent: { dataDir: './var' }, server: { url: server.url, tokenFile: './token' } })
  const loaded = buildConfig(join(dir, 'agent.config.json'), text, { env: {} })
  const second = await Agent.create(loaded, { logger: bufferLogger(), redactor: new Redactor() })
  await second.connect()
  t.equal(server.openConnections, 1)
  await t.rejects(second.begin(), { code: 'AGENT_LOCKED' })
  await until(() => server.openConnections === 0)
})

t.test('bad frames are answered where there is an id, and never end the connection', async (t) => {
  const server = await startSpecServer(t)
  const { agent } = await agentFor(t, server.url)
  void agent.connect()
  await until(() => server.connections === 1 && server.inbox.all.length > 0)
  for (const bad of ['', '{', 'null', '[]', '"command"', '{"type":"command"}', '{"type":"nothing","payload":{}}']) {
    server.sendRaw(bad)
  }
  server.sendRaw(Buffer.from([0, 1, 2]), { binary: true })
  server.sendRaw(Buffer.from([0x7b, 0xc3, 0x28]))
  server.sendRaw('['.repeat(100_000))
  server.sendRaw('{"type":"command","payload":{"id":"no-type"}}')
  server.sendCommand({
    id: 'good',
    command_type: 'shell',
    command: 'echo still here',
    timeout_seconds: 30,
    elevated: false,
  })
  t.match(await server.resultOf('no-type'), { exit_code: -1, stdout: '', stderr: /command_type/ })
  t.match(await server.resultOf('good'), { exit_code: 0, stdout: /^still here/ })
  t.equal(server.connections, 1)
})

t.test('a stop ends what runs, and its result reaches the server first', async (t) => {
  const server = await startSpecServer(t)
  const { agent, stop } = await agentFor(t, server.url)
  void agent.connect()
  await until(() => server.inbox.all.length > 0)
  server.sendCommand({
    id: 'long',
    command_type: 'shell',
    command: 'echo begun; sleep 300',
    timeout_seconds: 600,
    elevated: false,
  })
  await until(() => agent.status.running === 1)
  await stop()
  t.match(await server.resultOf('long'), { exit_code: -1, stderr: /stopped/ })
})

t.test('the heartbeat tells the digest of the config in force', async (t) => {
  const server = await startSpecServer(t)
  const { agent, text, changed } = await agentFor(t, server.url)
  const next = changed(JSON.stringify({ ...JSON.parse(text), log: { level: 'debug' } }))
  t.not(agent.status.config.digest, next.digest)
  await agent.adopt(next)
  t.equal(agent.status.config.digest, next.digest)
  void agent.connect()
  const { config_digest: told } = await server.inbox.take('heartbeat')
  t.equal(told, next.digest)
})
