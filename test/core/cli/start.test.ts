import { existsSync } from 'node:fs'
import { access, chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { startAgent } from '../../helpers/processes.ts'
import { startSpecServer } from '../../helpers/spec-server.ts'
import { waitUntil } from '../../helpers/wait-until.ts'
import { agentFolder, cli } from './cli.ts'

const POSIX = process.platform === 'win32' ? 'Windows has no such signals and modes' : false

t.test('whatever an operator has to mend ends the start with 78, before any connection', async (t) => {
  const server = await startSpecServer(t)
  const start = async (change: (folder: string) => Promise<void>, config = {}) => {
    const folder = agentFolder(t, { server: { url: server.url, tokenFile: './token' }, ...config })
    await change(folder)
    return cli(folder, ['start'])
  }
  t.match(await start((folder) => rm(path.join(folder, 'token'))), { code: 78, stderr: /token/ })
  t.match(await start((folder) => writeFile(path.join(folder, 'data'), '')), { code: 78, stderr: /data/ })
  t.match(await start(async () => {}, { log: { file: './token/agent.log' } }), { code: 78, stderr: /log\.file/ })
  if (process.platform !== 'win32')
    t.match(await start((folder) => chmod(path.join(folder, 'token'), 0o644)), { code: 78, stderr: /600/ })
  t.equal(server.connections, 0)
})

t.test('where the local socket cannot be made, the agent hangs up and ends with 78', { skip: POSIX }, async (t) => {
  const server = await startSpecServer(t)
  const folder = agentFolder(t, { server: { url: server.url, tokenFile: './token' } })
  await mkdir(path.join(folder, 'data/agent.sock'), { recursive: true, mode: 0o700 })
  t.match(await cli(folder, ['start']), { code: 78, stderr: /cannot listen at .*agent\.sock.*Remove what is there/ })
  await waitUntil('no connection', () => server.openConnections === 0)
})

t.test('a second agent on the same folder is refused, and the first goes on', async (t) => {
  const server = await startSpecServer(t)
  const agent = await startAgent(t, { serverUrl: server.url })
  await server.inbox.take('auth')
  t.match(await cli(agent.folder, ['start']), { code: 75, stderr: new RegExp(`process ${agent.pid}`) })
  t.match(await cli(agent.folder, ['status']), { code: 0 })
})

t.test('told to stop while it is still starting, the agent ends in good order', { skip: POSIX }, async (t) => {
  const server = await startSpecServer(t)
  const agent = await startAgent(t, { serverUrl: server.url })
  await server.inbox.take('auth')
  agent.kill('SIGTERM')
  t.strictSame(await agent.ended, { code: 0, signal: null })
  await t.rejects(access(path.join(agent.folder, 'data/agent.sock')), 'nothing is left of it')
})

t.test('an agent that was killed leaves nothing that hinders the next', { skip: POSIX }, async (t) => {
  const server = await startSpecServer(t)
  const agent = await startAgent(t, { serverUrl: server.url })
  await server.inbox.take('auth')
  const socket = path.join(agent.folder, 'data/agent.sock')
  await waitUntil('the local socket', () => existsSync(socket))
  agent.kill('SIGKILL')
  await agent.ended
  await access(socket)
  t.match(await cli(agent.folder, ['run', 'shell', 'echo on']), { code: 0, stdout: 'on\n' })
  t.match(await cli(agent.folder, ['status']), { code: 69 })
})

t.test(
  'told to stop, the agent lets running commands end, sends their results and cleans up',
  { skip: POSIX },
  async (t) => {
    const server = await startSpecServer(t)
    const agent = await startAgent(t, { serverUrl: server.url })
    await server.inbox.take('auth')
    const go = path.join(agent.folder, 'go')
    server.sendCommand({
      id: 'slow',
      command_type: 'shell',
      command: `touch ${go}.begun; while ! test -e ${go}; do sleep 0.05; done; echo done`,
    })
    await waitUntil('the command runs', () =>
      access(`${go}.begun`).then(
        () => true,
        () => false,
      ),
    )
    agent.kill('SIGTERM')
    await waitUntil('the agent stops', () => agent.output().includes('stopping'))
    server.sendCommand({ id: 'late', command_type: 'shell', command: 'echo never' })
    t.match(await server.resultOf('late'), { exit_code: -1 })
    await writeFile(go, '')
    t.match(await server.resultOf('slow'), { exit_code: 0, stdout: 'done\n' })
    t.same(await agent.ended, { code: 0, signal: null })
    await t.rejects(access(path.join(agent.folder, 'data/agent.sock')), { code: 'ENOENT' })
  },
)

t.test('a second signal ends running commands at once, each with its result', { skip: POSIX }, async (t) => {
  const server = await startSpecServer(t)
  const agent = await startAgent(t, { serverUrl: server.url })
  await server.inbox.take('auth')
  const begun = path.join(agent.folder, 'begun')
  server.sendCommand({ id: 'endless', command_type: 'shell', command: `touch ${begun}; sleep 1000` })
  await waitUntil('the command runs', () =>
    access(begun).then(
      () => true,
      () => false,
    ),
  )
  agent.kill('SIGINT')
  await waitUntil('the agent stops', () => agent.output().includes('stopping'))
  agent.kill('SIGINT')
  t.match(await server.resultOf('endless'), { exit_code: -1, stderr: /./ })
  t.same(await agent.ended, { code: 0, signal: null })
})

t.test('the token of the environment is used, and no program of a command sees it', { skip: POSIX }, async (t) => {
  const server = await startSpecServer(t)
  await startAgent(t, { serverUrl: server.url, env: { GURURMM_TOKEN: 'from-the-environment' } })
  await server.inbox.take('auth')
  t.same(server.authorizations, ['Bearer from-the-environment'])
  server.sendCommand({ id: 'env', command_type: 'shell', command: 'env' })
  t.notMatch((await server.resultOf('env')).stdout, 'from-the-environment')
})

t.test('a token that was replaced is used at the next connect', async (t) => {
  const server = await startSpecServer(t)
  const agent = await startAgent(t, { serverUrl: server.url, token: 'old-token-1' })
  await server.inbox.take('auth')
  await writeFile(path.join(agent.folder, 'token'), 'new-token-2')
  server.drop()
  await server.inbox.take('auth')
  t.same(server.authorizations, ['Bearer old-token-1', 'Bearer new-token-2'])
})

t.test('the log goes to its file as JSON lines, without the token', async (t) => {
  const server = await startSpecServer(t)
  const agent = await startAgent(t, {
    serverUrl: server.url,
    token: 'masked-token-1',
    config: { log: { file: './logs/agent.log', level: 'debug' } },
  })
  await server.inbox.take('auth')
  server.sendCommand({ id: 'leak', command_type: 'shell', command: 'echo masked-token-1' })
  t.notMatch((await server.resultOf('leak')).stdout, 'masked-token-1', 'nor does a result hold it')
  const file = path.join(agent.folder, 'logs/agent.log')
  await waitUntil('the command is logged', async () => (await readFile(file, 'utf8')).includes('command ended'))
  const content = await readFile(file, 'utf8')
  for (const line of content.trimEnd().split('\n')) t.ok(JSON.parse(line).msg)
  t.notMatch(content, 'masked-token-1')
  t.equal(agent.output(), '')
})
