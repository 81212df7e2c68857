import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import type { CommandResultPayload, HeartbeatPayload } from '../../core/protocol/messages.ts'
import { waitUntil } from '../helpers/wait-until.ts'
import type { SeenResult } from './checker.ts'
import type { Random } from './random.ts'

/** How badly the server behaves; probabilities, each 0 by default. */
export interface Misbehaviour {
  /** A result is not acknowledged. */
  readonly loseAck?: number
  /** A command is sent twice at once. */
  readonly repeat?: number
  /** A command that has its result is sent again at a reconnect. */
  readonly repeatEnded?: number
}

export interface FaultServerOptions {
  readonly random: Random
  readonly misbehaviour?: Misbehaviour
  /** Default: 1. */
  readonly heartbeatSeconds?: number
  /** Default: none is given to a server that never had one. */
  readonly port?: number
}

/** A heartbeat and when it came, by performance.now(). */
export interface SeenHeartbeat extends HeartbeatPayload {
  readonly at: number
  readonly pid?: number
}

/** A server that keeps record of everything, sends what was not answered again at each reconnect, and misbehaves on request. */
export interface FaultServer {
  readonly port: number
  readonly url: string
  readonly commands: ReadonlyMap<string, string>
  readonly results: readonly SeenResult[]
  readonly acks: readonly { id: string; status: string; code: string | null }[]
  readonly heartbeats: readonly SeenHeartbeat[]
  /** Of progress, how many frames came. */
  readonly progress: number
  /** When each connection was authenticated, by performance.now(). */
  readonly connections: readonly number[]
  readonly connected: boolean
  /** Bytes received by the connection of now. */
  readonly received: number
  misbehave(how: Misbehaviour): void
  /** Records the command as sent and sends it, now or once the agent is there. */
  give(payload: { readonly id: string; readonly [key: string]: unknown }): void
  /** Sends a frame without keeping record of it. */
  raw(frame: object): void
  cancel(id: string): void
  resultOf(id: string, timeoutMs?: number): Promise<CommandResultPayload>
  /** Resolves once every command has a result. */
  allAnswered(timeoutMs?: number): Promise<void>
  /** Resolves with a heartbeat that came after now. */
  nextHeartbeat(fits?: (beat: SeenHeartbeat) => boolean, timeoutMs?: number): Promise<SeenHeartbeat>
  untilConnected(timeoutMs?: number): Promise<void>
  /** Breaks the connection without a close. */
  drop(): void
  /** Breaks it with an RST. */
  reset(): void
  /** Stops or goes on reading from the connection of now. */
  pause(): void
  resume(): void
  /** Breaks all connections and is gone until {@link FaultServer.comeBack}. */
  vanish(): Promise<void>
  comeBack(): Promise<void>
  close(): Promise<void>
}

const CAPABILITIES = ['command_ack', 'command_progress', 'command_result_ack', 'command_cancel', 'result_details']

export async function startFaultServer(options: FaultServerOptions): Promise<FaultServer> {
  const { random, heartbeatSeconds = 1 } = options
  let how = options.misbehaviour ?? {}
  const commands = new Map<string, string>()
  const results: SeenResult[] = []
  const answered = new Map<string, CommandResultPayload>()
  const acks: { id: string; status: string; code: string | null }[] = []
  const heartbeats: SeenHeartbeat[] = []
  const connections: number[] = []
  let progress = 0
  let current: WebSocket | undefined
  let listener = await listen(options.port ?? 0)
  const { port } = listener.address() as AddressInfo

  async function listen(on: number): Promise<WebSocketServer> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: on, perMessageDeflate: false })
    server.on('connection', (socket) => {
      socket.on('error', () => {})
      socket.on('message', (data) => receive(socket, data))
      socket.on('close', () => {
        if (current === socket) current = undefined
      })
    })
    await once(server, 'listening')
    return server
  }

  function receive(socket: WebSocket, data: RawData): void {
    const text = String(data)
    const { type, payload } = JSON.parse(text)
    if (type === 'auth') welcome(socket)
    else if (type === 'heartbeat') heartbeats.push({ ...payload, at: performance.now() })
    else if (type === 'command_ack') acks.push({ id: payload.command_id, status: payload.status, code: payload.code })
    else if (type === 'command_progress') progress++
    else if (type === 'command_result') {
      results.push({ id: payload.command_id, text })
      answered.set(payload.command_id, payload)
      if (!random.chance(how.loseAck ?? 0))
        send({ type: 'command_result_ack', payload: { command_id: payload.command_id } })
    }
  }

  function welcome(socket: WebSocket): void {
    current = socket
    connections.push(performance.now())
    const payload = { success: true, heartbeat_seconds: heartbeatSeconds, capabilities: CAPABILITIES }
    send({ type: 'auth_ack', payload })
    const again = [...commands].filter(([id]) => !answered.has(id) || random.chance(how.repeatEnded ?? 0))
    for (const [, text] of random.shuffled(again)) current.send(text)
  }

  function send(frame: object): void {
    current?.send(JSON.stringify(frame))
  }

  const socketOf = (): Socket | undefined => (current as unknown as { _socket?: Socket } | undefined)?._socket

  async function vanish(): Promise<void> {
    for (const socket of listener.clients) socket.terminate()
    listener.close()
    await once(listener, 'close')
  }

  return {
    port,
    url: `ws://127.0.0.1:${port}/agent`,
    commands,
    results,
    acks,
    heartbeats,
    connections,
    get progress() {
      return progress
    },
    get connected() {
      return current !== undefined
    },
    get received() {
      return socketOf()?.bytesRead ?? 0
    },
    misbehave(next) {
      how = next
    },
    give(payload) {
      const text = JSON.stringify({ type: 'command', payload })
      commands.set(payload.id, text)
      current?.send(text)
      if (random.chance(how.repeat ?? 0)) current?.send(text)
    },
    raw: send,
    cancel: (id) => send({ type: 'command_cancel', payload: { command_id: id } }),
    async resultOf(id, timeoutMs) {
      await waitUntil(`a result of ${id}`, () => answered.has(id), timeoutMs)
      return answered.get(id) as CommandResultPayload
    },
    async allAnswered(timeoutMs = 60_000) {
      // What is missing is for the checker to tell.
      await waitUntil('all results', () => answered.size >= commands.size, timeoutMs).catch(() => {})
    },
    async nextHeartbeat(fits = () => true, timeoutMs = 30_000) {
      const from = heartbeats.length
      const found = () => heartbeats.slice(from).find(fits)
      await waitUntil('a fitting heartbeat', () => found() !== undefined, timeoutMs)
      return found() as SeenHeartbeat
    },
    untilConnected: (timeoutMs) => waitUntil('the agent to connect', () => current !== undefined, timeoutMs),
    drop: () => current?.terminate(),
    reset: () => void socketOf()?.resetAndDestroy(),
    pause: () => socketOf()?.pause(),
    resume: () => socketOf()?.resume(),
    vanish,
    async comeBack() {
      listener = await listen(port)
      await sleep(0)
    },
    close: vanish,
  }
}
