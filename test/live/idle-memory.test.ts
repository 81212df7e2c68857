import path from 'node:path'
import t from 'tap'
import { CAN_READ_MEMORY, residentMiB } from '../../bench/process-memory.ts'
import { startAgent } from '../helpers/processes.ts'
import { startSpecServer } from '../helpers/spec-server.ts'
import { waitUntil } from '../helpers/wait-until.ts'

const BUILT = [path.join(import.meta.dirname, '../../bin/gururmm-agent.js')]
/** What an operator is told that an idle agent takes, at most. */
const PROMISED_MIB = 60

t.test('an agent that waits for work is as small as promised', async (t) => {
  const server = await startSpecServer(t)
  const config = { plugins: { shell: {}, claude_task: { config: { security: { baseDirectories: ['/'] } } } } }
  const agent = await startAgent(t, { serverUrl: server.url, config, entry: BUILT })
  await server.inbox.take('auth')
  // All that it needs to work has been in memory once
  server.sendCommand({ id: 'c-1', command_type: 'shell', command: 'echo up' })
  t.match(await server.inbox.take('command_result'), { command_id: 'c-1', exit_code: 0, stdout: 'up\n' })
  await waitUntil(`${PROMISED_MIB} MiB or less`, () => !CAN_READ_MEMORY || residentMiB([agent.pid]) <= PROMISED_MIB)
})
