import type { AddressInfo } from 'node:net'
import t from 'tap'
import { type WebSocket, WebSocketServer } from 'ws'
import type { CommandType } from '../../core/dispatch/contract.ts'
import { Dispatcher } from '../../core/dispatch/dispatcher.ts'
import { createLimits } from '../../core/limits/limits.ts'
import { Link } from '../../core/link/link.ts'
import { createDecoder } from '../../core/protocol/index.ts'
import { compileSchema } from '../../core/schema/index.ts'
import { until } from '../helpers/dispatch.ts'
import { bufferLogger } from '../helpers/logger.ts'
import { createMemoryJournal } from '../helpers/memory-journal.ts'

/** Answers with what it was given. */
const echo: CommandType = {
  type: 'echo',
  plugin: 'test',
  timeoutSeconds: null,
  limits: {},
  elevation: false,
  afterCrash: 'interrupt',
  takesCommandText: true,
  validate: async (input) => ({ input }),
  run: async ({ input }) => ({ exitCode: 0, stdout: (input as { command: string }).command, stderr: '' }),
}

t.test('connection, heartbeat and dispatch work without any other room of the agent', async (t) => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await new Promise((resolve) => server.once('listening', resolve))
  const frames: { type: string; payload: Record<string, unknown> }[] = []
  let peer: WebSocket | undefined
  server.on('connection', (socket) => {
    peer = socket
    socket.on('message', (data) => frames.push(JSON.parse(String(data))))
  })

  const logger = bufferLogger()
  const journal = createMemoryJournal()
  const dispatcher = new Dispatcher({
    journal,
    registry: {
      find: (type) =>
        type === 'echo' ? echo : { failure: { code: 'COMMAND_TYPE_UNKNOWN', message: 'Unknown type.' } },
    },
    admission: createLimits({
      agent: { maxConcurrentCommands: 2, maxQueuedCommands: 0 },
      startsSince: journal.startsSince,
    }),
    limits: { defaultTimeoutSeconds: 5, maxTimeoutSeconds: 5 },
    logger,
  })
  const link = new Link(
    {
      url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
      token: async () => 'token',
      heartbeatSeconds: 0.05,
      reconnect: { minSeconds: 0.01, maxSeconds: 0.1 },
      decode: createDecoder(compileSchema),
      hello: () => ({ agent_id: 'a' }),
      heartbeat: () => ({ agent_id: 'a', uptime_seconds: 0, running: 0, queued: 0, outbox: journal.outboxSize }),
      logger,
    },
    {
      ready: (session) => dispatcher.delivery.connected(session),
      gone: (session) => dispatcher.delivery.disconnected(session),
      bad: (frame) => {
        if (frame.commandId !== undefined) void dispatcher.receiveBad({ ...frame, commandId: frame.commandId })
      },
      message: (message) => {
        if (message.type === 'command') void dispatcher.receive(message.payload)
      },
    },
  )
  link.start()
  await until(() => frames.length > 0)
  const say = (payload: object) => peer?.send(JSON.stringify({ type: 'command', payload }))
  say({ id: '1', command_type: 'echo', command: 'hello', timeout_seconds: 300, elevated: false })
  say({ id: '2', command_type: { echo: { command: 'world' } }, command: '', timeout_seconds: 300, elevated: false })
  say({ id: '3', command_type: 'nothing', command: '', timeout_seconds: 300, elevated: false })
  say({ id: '4', command_type: [] })
  const results = () => frames.filter((frame) => frame.type === 'command_result').map((frame) => frame.payload)
  await until(() => results().length === 4 && frames.filter((frame) => frame.type === 'heartbeat').length >= 2)
  t.equal(frames[0]?.type, 'auth')
  const byId = Object.fromEntries(results().map((result) => [result.command_id, result]))
  t.match(byId['1'], { exit_code: 0, stdout: 'hello', stderr: '' })
  t.match(byId['2'], { exit_code: 0, stdout: 'world', stderr: '' })
  t.match(byId['3'], { exit_code: -1, stdout: '' })
  t.match(byId['4'], { exit_code: -1, stdout: '' })
  t.strictSame(new Set(frames.map((frame) => frame.type)), new Set(['auth', 'heartbeat', 'command_result']))

  await dispatcher.drain()
  await link.stop()
  await new Promise((resolve) => server.close(resolve))
})
