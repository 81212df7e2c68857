import type { Socket } from 'node:net'
import WebSocket from 'ws'
import type { Session } from '../dispatch/delivery.ts'
import { type BadFrame, type Decode, MAX_FRAME_BYTES } from '../protocol/decode.ts'
import type {
  AgentMessage,
  AuthAckPayload,
  AuthPayload,
  Capability,
  HeartbeatPayload,
  ServerMessage,
} from '../protocol/messages.ts'
import { CAPABILITIES } from '../protocol/schemas.ts'
import { type Outage, outageOfClose, outageOfError, outageOfResponse } from './outage.ts'

/** A link slower than this is taken for dead, in bytes a second: half of the slowest that is worth having. */
const SLOWEST_LINK = 4096

/** How often a congested agent looks whether it can take more. */
const REST_MS = 2

/** A ping follows at the latest after so many bytes; its answer says that they have arrived. */
const PING_BYTES = 65_536

/** What one connection needs; times in seconds. */
export interface ConnectionOptions {
  /** `wss://…`, or `ws://…` where the config allows it. */
  readonly url: string
  readonly token: string
  /** Also put the token into `auth`, for servers that can't read the upgrade's headers. Default: false. */
  readonly tokenInMessage?: boolean
  /** PEM; null: the authorities that Node knows. */
  readonly ca?: string | null
  readonly heartbeatSeconds: number
  /** From the first packet to an open WebSocket, whatever happens between. Default: 20. */
  readonly connectSeconds?: number
  /** A server that has not answered `auth` by then is served all the same. Default: 5. */
  readonly silentSeconds?: number
  readonly decode: Decode
  /** True: what comes next is left in the socket for now. Asked after each message. */
  congested?(): boolean
  hello(): AuthPayload
  heartbeat(): HeartbeatPayload
}

/** What a connection tells. */
export interface LinkEvents {
  /** Once for each connection; `ack` is null for a server that did not answer `auth`. */
  ready(session: Session, ack: AuthAckPayload | null): void
  message(message: Exclude<ServerMessage, { type: 'auth_ack' }>, session: Session): void
  bad(frame: BadFrame, session: Session): void
  /** Once for each connection that was ready. */
  gone(session: Session): void
}

/** One connection to the server, from the first packet to its end. */
export class Connection {
  /** Resolves to why it ended; never rejects. */
  readonly ended: Promise<Outage>
  readonly #options: ConnectionOptions
  readonly #events: LinkEvents
  readonly #socket: WebSocket
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #end: (outage: Outage) => void
  #outage: Outage | undefined
  #session: Session | null = null
  #alive = true
  #lastSignAt = performance.now()
  /** Characters given to the socket, those before the last ping, and those known to have arrived. */
  #sent = 0
  #pinged = 0
  #arrived = 0
  #rest: NodeJS.Timeout | undefined
  /** Below the WebSocket, once it is open. */
  #wire: Socket | undefined
  #turn: NodeJS.Immediate | undefined

  /** Begins to connect. */
  constructor(options: ConnectionOptions, events: LinkEvents) {
    const { promise, resolve } = Promise.withResolvers<Outage>()
    this.ended = promise
    this.#end = resolve
    this.#options = options
    this.#events = events
    this.#socket = openSocket(options)
    this.#listen()
    // handshakeTimeout of ws is an idle timer: a server that sends a byte now and then would hold us for ever.
    const seconds = options.connectSeconds ?? 20
    const late: Outage = { kind: 'failed', code: 'CONNECT_TIMEOUT', message: `no WebSocket within ${seconds} s` }
    const deadline = this.#after(seconds, () => this.#drop(late))
    this.#socket.on('open', () => {
      clearTimeout(deadline)
      this.#greet()
    })
  }

  /** Asks for the end; forces it after 2 s. */
  close(): void {
    this.#socket.close(1000)
    this.#after(2, () => this.#socket.terminate())
  }

  #listen(): void {
    const socket = this.#socket
    socket.on('upgrade', (response) => {
      this.#wire = response.socket
    })
    socket.on('message', (data: Buffer, isBinary) => {
      this.#seeSign()
      this.#receive(data, isBinary)
    })
    socket.on('pong', (data) => {
      this.#seeSign()
      const arrived = Number(data)
      if (arrived > this.#arrived && arrived <= this.#sent) this.#arrived = arrived
    })
    socket.on('unexpected-response', (_request, response) => this.#drop(outageOfResponse(response)))
    socket.on('error', (error) => {
      this.#outage ??= outageOfError(error)
    })
    socket.on('close', (code, reason) => {
      for (const timer of this.#timers) clearTimeout(timer)
      if (this.#session !== null) this.#events.gone(this.#session)
      this.#end(this.#outage ?? outageOfClose(code, reason.toString()))
    })
  }

  #greet(): void {
    const hello = this.#options.hello()
    const { token, tokenInMessage, silentSeconds } = this.#options
    void this.#send({ type: 'auth', payload: tokenInMessage ? { ...hello, token } : hello })
    this.#after(silentSeconds ?? 5, () => this.#become(null))
  }

  #receive(data: Buffer, isBinary: boolean): void {
    const decoded = this.#options.decode(data, isBinary)
    if ('message' in decoded && decoded.message.type === 'auth_ack') {
      this.#welcome(decoded.message.payload)
      return
    }
    // Whoever sends anything else has taken us in.
    this.#become(null)
    if (this.#session === null) return
    if ('bad' in decoded) this.#events.bad(decoded.bad, this.#session)
    else if (decoded.message.type !== 'auth_ack') this.#events.message(decoded.message, this.#session)
    if (this.#rest === undefined && this.#options.congested?.()) this.#rest = this.#waitForRoom()
  }

  /** A burst of thousands would fill the memory, and hold heartbeats up, before the first of it is recorded. */
  #waitForRoom(): NodeJS.Timeout {
    this.#socket.pause()
    const rest = setInterval(() => {
      if (this.#options.congested?.()) return
      clearInterval(rest)
      this.#timers.delete(rest)
      this.#rest = undefined
      this.#seeSign()
      this.#socket.resume()
    }, REST_MS)
    this.#timers.add(rest)
    return rest
  }

  #welcome(ack: AuthAckPayload): void {
    if (ack.success) {
      this.#become(ack)
      return
    }
    const said = JSON.stringify((ack.message ?? 'no reason given').slice(0, 200))
    this.#drop({ kind: 'refused', code: 'AUTH_FAILED', message: `the server did not accept this agent: ${said}` })
  }

  #become(ack: AuthAckPayload | null): void {
    if (this.#session !== null || this.#socket.readyState !== WebSocket.OPEN) return
    const offered = new Set<string>(ack?.capabilities ?? [])
    const underWay = () => this.#underWay
    this.#session = {
      capabilities: new Set<Capability>(CAPABILITIES.filter((capability) => offered.has(capability))),
      get bufferedBytes() {
        return underWay()
      },
      send: (message) => this.#send(message),
    }
    this.beat()
    const seconds = ack?.heartbeat_seconds ?? this.#options.heartbeatSeconds
    this.#timers.add(setInterval(() => this.#checkAndBeat(seconds), seconds * 1000))
    this.#events.ready(this.#session, ack)
  }

  /**
   * No sign of life from one beat to the next ends the connection: a half-open one looks healthy for hours otherwise. The answer to
   * a ping comes after all that was sent before it, so a large result on a slow link gets the time that it needs; cut off, it would
   * be sent again from its beginning, for ever.
   */
  #checkAndBeat(seconds: number): void {
    const patience = seconds + this.#underWay / SLOWEST_LINK
    // Whoever does not listen hears no sign.
    if (!this.#alive && this.#rest === undefined && performance.now() - this.#lastSignAt > patience * 1000) {
      this.#drop({ kind: 'failed', code: 'PEER_DEAD', message: `the server gave no sign of life for ${seconds} s` })
      return
    }
    this.#alive = false
    this.#ping()
    this.beat()
  }

  #seeSign(): void {
    this.#alive = true
    this.#lastSignAt = performance.now()
  }

  /** What the kernel holds back counts too: on a slow link that is megabytes, of which the socket tells nothing. */
  get #underWay(): number {
    return Math.max(this.#socket.bufferedAmount, this.#sent - this.#arrived)
  }

  #ping(): void {
    this.#pinged = this.#sent
    this.#socket.ping(String(this.#sent))
  }

  /** Sends a heartbeat now; call it while the connection is ready. */
  beat(): void {
    void this.#send({ type: 'heartbeat', payload: this.#options.heartbeat() })
  }

  #send(message: AgentMessage): Promise<boolean> {
    if (this.#socket.readyState !== WebSocket.OPEN) return Promise.resolve(false)
    const text = JSON.stringify(message)
    this.#sent += text.length
    this.#gather()
    return new Promise((resolve) => {
      this.#socket.send(text, (error) => resolve(error == null))
      if (this.#sent - this.#pinged >= PING_BYTES) this.#ping()
    })
  }

  /** What is said in one turn of the event loop goes out at its end, by one call of the system, and not before what the turn is for. */
  #gather(): void {
    if (this.#turn !== undefined) return
    this.#wire?.cork()
    this.#turn = setImmediate(() => {
      this.#turn = undefined
      this.#wire?.uncork()
    })
  }

  #drop(outage: Outage): void {
    this.#outage ??= outage
    this.#socket.terminate()
  }

  #after(seconds: number, act: () => void): NodeJS.Timeout {
    const timer = setTimeout(act, seconds * 1000)
    this.#timers.add(timer)
    return timer
  }
}

function openSocket(options: ConnectionOptions): WebSocket {
  return new WebSocket(options.url, {
    headers: { authorization: `Bearer ${options.token}` },
    perMessageDeflate: false,
    maxPayload: MAX_FRAME_BYTES,
    followRedirects: false,
    // The decoder checks it: a frame that is not UTF-8 must not cost the connection.
    skipUTF8Validation: true,
    // Said here so that NODE_TLS_REJECT_UNAUTHORIZED in the environment can't switch it off.
    rejectUnauthorized: true,
    ...(options.ca ? { ca: options.ca } : {}),
  })
}
