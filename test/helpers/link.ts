import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Session } from '../../core/dispatch/delivery.ts'
import { Link, type LinkOptions } from '../../core/link/link.ts'
import { type BadFrame, createDecoder } from '../../core/protocol/index.ts'
import type { ServerMessage } from '../../core/protocol/messages.ts'
import { compileSchema } from '../../core/schema/index.ts'
import { bufferLogger } from './logger.ts'

export interface Peer {
  readonly socket: WebSocket
  readonly authorization: string | undefined
  readonly frames: { type: string; payload: Record<string, unknown> }[]
  say(message: unknown): void
}

/** A real server on a free port; `greet` is called for each connection. */
export async function listen(t: Test, greet: (peer: Peer) => void, port = 0) {
  const server = new WebSocketServer({ host: '127.0.0.1', port })
  const peers: Peer[] = []
  server.on('connection', (socket, request) => {
    const frames: Peer['frames'] = []
    const say = (message: unknown) => socket.send(JSON.stringify(message))
    const peer = { socket, authorization: request.headers.authorization, frames, say }
    socket.on('message', (data) => frames.push(JSON.parse(String(data))))
    peers.push(peer)
    greet(peer)
  })
  await new Promise((resolve) => server.once('listening', resolve))
  const close = () => {
    for (const { socket } of peers) socket.terminate()
    return new Promise((resolve) => server.close(resolve))
  }
  t.teardown(close)
  return { peers, close, port: (server.address() as AddressInfo).port }
}

export const accept =
  (capabilities: string[] = []) =>
  (peer: Peer) =>
    peer.socket.once('message', () => peer.say({ type: 'auth_ack', payload: { success: true, capabilities } }))

export function connect(t: Test, port: number, change: Partial<LinkOptions> = {}) {
  const logger = bufferLogger()
  const seen = { ready: [] as Session[], messages: [] as ServerMessage[], bad: [] as BadFrame[], gone: 0 }
  const link: Link = new Link(
    {
      url: `ws://127.0.0.1:${port}/agent`,
      token: async () => 'secret-token',
      heartbeatSeconds: 30,
      reconnect: { minSeconds: 0.01, maxSeconds: 0.05 },
      decode: createDecoder(compileSchema),
      hello: () => ({ agent_id: 'agent-1', protocol_version: 1 }),
      heartbeat: () => ({ agent_id: 'agent-1', uptime_seconds: 1, running: 0, queued: 0, outbox: 0 }),
      logger,
      ...change,
    },
    {
      ready: (session) => seen.ready.push(session),
      message: (message) => seen.messages.push(message),
      bad: (frame) => seen.bad.push(frame),
      gone: () => seen.gone++,
    },
  )
  link.start()
  t.teardown(() => link.stop())
  return { link, logger, seen }
}
