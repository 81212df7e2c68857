import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import type { CommandResultPayload } from '../core/protocol/messages.ts'
import { type Answer, KEPT_CHARACTERS } from './peers/peer.ts'

/** A command without an answer after so long is lost. */
const LOST_AFTER_MS = 120_000

/** The floor sends all output of a command in one frame. */
const MAX_FRAME_BYTES = 512 * 1024 * 1024

/** The server that all measured agents dial; in the bench's process, on loopback. */
export interface MeasuringServer {
  readonly url: string
  /** Resolves at the `auth` of the agent, to performance.now(); the socket is ready for commands then. */
  readonly announced: Promise<number>
  /** When heartbeats came, by performance.now(). */
  readonly heartbeats: readonly number[]
  /** Sends a command; resolves to its result as it came. Rejects where none comes. */
  send(command: { readonly command_type: string | object; readonly command: string }): Promise<CommandResultPayload>
  /** {@link send} for a shell line. */
  run(line: string): Promise<Answer>
  close(): Promise<void>
}

interface Waiting {
  resolve(result: CommandResultPayload): void
  readonly lost: NodeJS.Timeout
}

/**
 * Serves one agent.
 *
 * @param capabilities what `auth_ack` lists; null: the server knows the spec's two messages only, and never answers `auth`.
 * @param onProgress is called for each piece of progress. Default: nobody listens.
 */
export async function startServer(
  capabilities: readonly string[] | null,
  onProgress: () => void = () => {},
): Promise<MeasuringServer> {
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    perMessageDeflate: false,
    maxPayload: MAX_FRAME_BYTES,
  })
  await once(server, 'listening')
  const waiting = new Map<string, Waiting>()
  const heartbeats: number[] = []
  const { promise: announced, resolve: announce } = Promise.withResolvers<number>()
  const acknowledges = capabilities?.includes('command_result_ack') ?? false
  let agent: WebSocket | null = null
  let sent = 0

  const take = (socket: WebSocket, result: CommandResultPayload): void => {
    if (acknowledges) send(socket, 'command_result_ack', { command_id: result.command_id })
    const asked = waiting.get(result.command_id)
    waiting.delete(result.command_id)
    clearTimeout(asked?.lost)
    asked?.resolve(result)
  }
  server.on('connection', (socket) => {
    agent = socket
    socket.on('message', (data) => {
      const { type, payload } = JSON.parse(String(data))
      if (type === 'command_result') take(socket, payload)
      else if (type === 'command_progress') onProgress()
      else if (type === 'heartbeat') heartbeats.push(performance.now())
      else if (type === 'auth') {
        if (capabilities !== null) send(socket, 'auth_ack', { success: true, capabilities })
        announce(performance.now())
      }
    })
  })
  const sendCommand: MeasuringServer['send'] = (command) =>
    new Promise((resolve, reject) => {
      const id = `bench-${++sent}`
      if (agent === null) return reject(new Error('no agent is connected'))
      const lost = setTimeout(() => {
        waiting.delete(id)
        reject(new Error(`no result of ${id} after ${LOST_AFTER_MS / 1000} s`))
      }, LOST_AFTER_MS)
      waiting.set(id, { resolve, lost })
      send(agent, 'command', { id, ...command, timeout_seconds: 100, elevated: false })
    })
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    announced,
    heartbeats,
    send: sendCommand,
    run: async (line) => answerOf(await sendCommand({ command_type: 'shell', command: line })),
    async close() {
      for (const socket of server.clients) socket.terminate()
      server.close()
      await once(server, 'close')
    },
  }
}

function send(socket: WebSocket, type: string, payload: object): void {
  socket.send(JSON.stringify({ type, payload }))
}

function answerOf({ exit_code, stdout, truncation }: CommandResultPayload): Answer {
  const bytes = truncation?.stdout?.total_bytes ?? Buffer.byteLength(stdout)
  return { exitCode: exit_code, stdout: stdout.slice(0, KEPT_CHARACTERS), bytes }
}
