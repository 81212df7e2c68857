import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { createLocalServer, lockDataDir } from '../../../core/local/index.ts'
import { processesWith, startAgent } from '../../helpers/processes.ts'
import { startSpecServer } from '../../helpers/spec-server.ts'
import { waitUntil } from '../../helpers/wait-until.ts'
import { agentFolder, cli, spawnCli } from './cli.ts'

/** What these tests say in `sh`. */
const POSIX = process.platform === 'win32' ? 'the command lines are those of sh' : false

t.test('a folder that something holds without answering is locked', async (t) => {
  const folder = agentFolder(t)
  await mkdir(path.join(folder, 'data'))
  const lock = await lockDataDir(path.join(folder, 'data'))
  t.match(await cli(folder, ['run', 'shell', 'true']), { code: 75, stderr: new RegExp(`process ${process.pid}`) })
  t.match(await cli(folder, ['start']), { code: 75 })
  await lock.release()
})

t.test('a run waits for an agent that is just starting', async (t) => {
  const folder = agentFolder(t)
  const dataDir = path.join(folder, 'data')
  await mkdir(dataDir)
  const lock = await lockDataDir(dataDir)
  t.teardown(() => lock.release())
  const end = cli(folder, ['plugin', 'list', '--json'])
  const unexpected = () => Promise.reject(new Error('not expected here'))
  const agent = {
    run: unexpected,
    explain: unexpected,
    reloadPlugin: unexpected,
    status: unexpected,
    plugins: async () => [],
    setPlugin: unexpected,
    doctor: unexpected,
    history: { list: unexpected, show: unexpected, output: unexpected },
  }
  await new Promise((resolve) => setTimeout(resolve, 500))
  const server = await createLocalServer({ dataDir, agent })
  t.teardown(() => server.close())
  t.same(await end, { code: 0, stdout: '[]\n', stderr: '' })
})

t.test('an agent that dies meanwhile is unreachable', { skip: POSIX }, async (t) => {
  const server = await startSpecServer(t)
  const agent = await startAgent(t, { serverUrl: server.url })
  await server.inbox.take('auth')
  const child = spawnCli(agent.folder, ['run', 'shell', 'echo begun; sleep 3'])
  const stderr = text(child.stderr)
  await once(child.stdout, 'data')
  agent.kill('SIGKILL')
  const [code] = await once(child, 'close')
  t.equal(code, 69)
  t.match(await stderr, /cannot be reached/)
  await waitUntil('its programs ended', async () => (await processesWith('sleep 3')).length === 0, 60_000)
})
