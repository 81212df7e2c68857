import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { type WebSocket, WebSocketServer } from 'ws'
import { createInbox, type FrameInbox } from './frames.ts'

/** A server that knows the spec's two messages alone: it never answers `auth`, and sends `command` and nothing else. */
export interface SpecServer {
  readonly url: string
  /** Every frame of the agent, over all its connections. */
  readonly inbox: FrameInbox
  /** The frames as they came, to compare them byte by byte. */
  readonly texts: readonly string[]
  /** The `Authorization` header of each connection. */
  readonly authorizations: readonly (string | undefined)[]
  /** How many connections there were. */
  readonly connections: number
  /** How many of them are open now. */
  readonly openConnections: number
  sendCommand(payload: object): void
  /** Anything, also what is no frame. */
  sendRaw(data: string | Buffer, options?: { readonly binary: boolean }): void
  /** Resolves to the result of a command. */
  resultOf(commandId: string, timeoutMs?: number): Promise<FrameInbox['all'][number]['payload']>
  /** Reads nothing from the agent, until {@link SpecServer.resume}. */
  pause(): void
  resume(): void
  /** Breaks the connection without a close. */
  drop(): void
}

/** Listens on loopback and ends with the test. */
export async function startSpecServer(t: Test): Promise<SpecServer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
  await once(server, 'listening')
  const inbox = createInbox()
  const texts: string[] = []
  const authorizations: (string | undefined)[] = []
  let current: WebSocket | undefined
  server.on('connection', (socket, request) => {
    current = socket
    authorizations.push(request.headers.authorization)
    socket.on('error', () => {})
    socket.on('message', (data) => {
      texts.push(String(data))
      inbox.push(JSON.parse(String(data)))
    })
  })
  t.teardown(async () => {
    for (const socket of server.clients) socket.terminate()
    server.close()
    await once(server, 'close')
  })
  const send: SpecServer['sendRaw'] = (data, options) => current?.send(data, options ?? { binary: false })
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/agent`,
    inbox,
    texts,
    authorizations,
    get connections() {
      return authorizations.length
    },
    get openConnections() {
      return server.clients.size
    },
    sendCommand: (payload) => send(JSON.stringify({ type: 'command', payload })),
    sendRaw: send,
    resultOf: (id, timeoutMs) => inbox.take('command_result', (payload) => payload.command_id === id, timeoutMs),
    pause: () => current?.pause(),
    resume: () => current?.resume(),
    drop: () => current?.terminate(),
  }
}
