import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { startAgent } from '../../helpers/processes.ts'
import { startSpecServer } from '../../helpers/spec-server.ts'
import { waitUntil } from '../../helpers/wait-until.ts'
import { agentFolder, cli } from './cli.ts'

const DEMAND = { GURURMM_SECURITY__REQUIRE_PROTECTED_CONFIG: 'true' }
const isRoot = process.geteuid?.() === 0
const needsRoot = { skip: !isRoot && 'only root can make files of root' }

t.test('an agent whose config others can change does not start, and says what to mend', async (t) => {
  const folder = agentFolder(t)
  chmodSync(`${folder}/agent.config.json`, 0o666)
  const problem = { code: 78, stderr: /security\.requireProtectedConfig demands.*(chmod|chown|icacls)/ }
  t.match(await cli(folder, ['start'], { env: DEMAND }), problem)
  t.match(await cli(folder, ['config', 'check'], { env: DEMAND }), problem)
  const doctor = await cli(folder, ['doctor'], { env: DEMAND })
  t.match(doctor, { code: 78, stdout: /✗ config valid: .*(chmod|chown|icacls)/ })
  t.match(await cli(folder, ['doctor']), { stdout: /✓ config protected: not demanded/ })
})

t.test('a change that others could have made is not taken up, and told at once', needsRoot, async (t) => {
  const server = await startSpecServer(t)
  const agent = await startAgent(t, { serverUrl: server.url, env: DEMAND })
  const { config_digest: before } = await server.inbox.take('heartbeat')
  const edit = (mode: number, change: object) => {
    const config = { ...JSON.parse(readFileSync(agent.configFile, 'utf8')), ...change }
    writeFileSync(`${agent.configFile}.new`, JSON.stringify(config))
    chmodSync(`${agent.configFile}.new`, mode)
    renameSync(`${agent.configFile}.new`, agent.configFile)
  }
  edit(0o666, { plugins: {}, security: { requireProtectedConfig: false } })
  const refused = await server.inbox.take('heartbeat', ({ config_problem: problem }) => problem != null)
  t.match(refused, { config_digest: before, config_problem: /demands a config that only root can change.*mode 666/ })
  server.sendCommand({ id: 'one', command_type: 'shell', command: 'echo hi' })
  t.match(await server.resultOf('one'), { exit_code: 0 }, 'the config before stays in force')
  edit(0o644, { plugins: {} })
  const taken = await server.inbox.take('heartbeat', ({ config_digest: digest }) => digest !== before)
  t.equal(taken.config_problem, null)
  server.sendCommand({ id: 'two', command_type: 'shell', command: 'echo hi' })
  t.match(await server.resultOf('two'), { exit_code: -1 })
})

t.test('a broken edit and its way back are told by heartbeats at once', async (t) => {
  const server = await startSpecServer(t)
  const agent = await startAgent(t, { serverUrl: server.url })
  await server.inbox.take('heartbeat')
  const good = readFileSync(agent.configFile, 'utf8')
  writeFileSync(agent.configFile, `${good.slice(0, -1)},}`)
  await server.inbox.take('heartbeat', ({ config_problem: problem }) => /agent\.config\.json:1:/.test(problem ?? ''))
  writeFileSync(agent.configFile, good)
  await waitUntil('the way back', () => server.inbox.of('heartbeat').at(-1)?.payload.config_problem === null)
})
