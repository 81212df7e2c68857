import t from 'tap'
import { duration } from '../../../core/cli/verbs/status.ts'
import { startAgent } from '../../helpers/processes.ts'
import { startSpecServer } from '../../helpers/spec-server.ts'
import { waitUntil } from '../../helpers/wait-until.ts'
import { agentFolder, cli } from './cli.ts'

t.test('status shows how the running agent stands', async (t) => {
  const server = await startSpecServer(t)
  const agent = await startAgent(t, { serverUrl: server.url })
  await server.inbox.take('auth')
  server.sendCommand({ id: 'one', command_type: 'shell', command: 'echo hi' })
  await server.resultOf('one')
  const { code, stdout } = await cli(agent.folder, ['status'])
  t.equal(code, 0)
  t.match(stdout, new RegExp(`^agent +agent-1, version \\S+, process ${agent.pid}, up `, 'm'))
  t.match(stdout, /^server +ws:\S+ connected for /m)
  t.match(stdout, /^commands +0 running, 0 waiting; 0 results to send$/m)
  t.match(stdout, /^shell +\S+ +enabled/m)
  const status = JSON.parse((await cli(agent.folder, ['status', '--json'])).stdout)
  t.match(status, {
    agentId: 'agent-1',
    pid: agent.pid,
    site: 'main-office',
    server: { state: 'ready' },
    config: { digest: /^sha256-/ },
  })
})

t.test('status says why the server is not reached', async (t) => {
  const agent = await startAgent(t, { serverUrl: 'ws://127.0.0.1:9/agent' })
  await waitUntil('the first attempt failed', () => agent.output().includes('ECONNREFUSED'))
  const { code, stdout } = await cli(agent.folder, ['status'])
  t.equal(code, 0)
  t.match(stdout, /^server +ws:\S+ .*ECONNREFUSED/m)
})

t.test('without an agent, status ends with 69', async (t) => {
  t.match(await cli(agentFolder(t), ['status']), { code: 69, stdout: '', stderr: /gururmm-agent start/ })
})

t.test('durations read well', async (t) => {
  t.same([0.4, 59, 60, 3_599, 3_660, 90_000].map(duration), ['0 s', '59 s', '1 min', '59 min', '1 h 1 min', '1 d 1 h'])
})
