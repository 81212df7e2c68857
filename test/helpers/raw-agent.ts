import { once } from 'node:events'
import { WebSocket } from 'ws'
import { createInbox, type FrameInbox } from './frames.ts'

/** An agent made of a bare WebSocket: says only what the test tells it to. */
export interface RawAgent {
  readonly socket: WebSocket
  readonly inbox: FrameInbox
  send(type: string, payload: unknown): void
  /** Anything, also what is no frame. */
  sendRaw(data: string | Buffer): void
  /** Settles with the close code. */
  readonly closed: Promise<number>
  close(): Promise<void>
}

export const ALL_CAPABILITIES = [
  'command_ack',
  'command_progress',
  'command_result_ack',
  'command_cancel',
  'result_details',
  'query',
  'approvals',
  'error',
]

export interface RawAgentOptions {
  readonly url: string
  readonly token: string
  /** The auth payload; null sends none. Default: agent `agent-1` with every capability. */
  readonly auth?: object | null
  /** Whether pings are answered. Default: true. */
  readonly autoPong?: boolean
}

/** Dials, sends `auth` and, where it did, waits for `auth_ack`. */
export async function connectRawAgent(options: RawAgentOptions): Promise<RawAgent> {
  const { url, token, auth = { agent_id: 'agent-1', capabilities: ALL_CAPABILITIES }, autoPong = true } = options
  const socket = new WebSocket(url, {
    headers: { authorization: `Bearer ${token}` },
    autoPong,
    perMessageDeflate: false,
  })
  const inbox = createInbox()
  socket.on('message', (data) => inbox.push(JSON.parse(String(data))))
  const closed = once(socket, 'close').then(([code]) => code as number)
  await once(socket, 'open')
  const agent: RawAgent = {
    socket,
    inbox,
    send: (type, payload) => socket.send(JSON.stringify({ type, payload })),
    sendRaw: (data) => socket.send(data),
    closed,
    async close() {
      socket.terminate()
      await closed
    },
  }
  if (auth === null) return agent
  agent.send('auth', auth)
  await inbox.take('auth_ack')
  return agent
}

/** The result of a command that did what it should. */
export function resultOf(commandId: string, changes: object = {}): object {
  return { command_id: commandId, exit_code: 0, stdout: 'done\n', stderr: '', duration_ms: 12, ...changes }
}
