import type { Logger } from '@gururmm/plugin-sdk'
import { type Backoff, type BackoffOptions, createBackoff } from './backoff.ts'
import { Connection, type ConnectionOptions, type LinkEvents } from './connection.ts'
import type { Outage } from './outage.ts'

/** What the link needs to know; times in seconds. */
export interface LinkOptions extends Omit<ConnectionOptions, 'token'> {
  /** Asked at each attempt, so that a rotated token is taken up. A rejection counts as a failed attempt. */
  token(): Promise<string>
  readonly reconnect: Omit<BackoffOptions, 'refusedSeconds'> & { readonly refusedSeconds?: number }
  /** A session that stayed ready for so long is healthy, and the backoff begins anew. Default: 10. */
  readonly healthySeconds?: number
  /** What helps against an outage, by its code. */
  hint?(code: string): string | undefined
  readonly logger: Logger
}

/** Where the link stands. */
export interface LinkStatus {
  readonly state: 'stopped' | 'connecting' | 'ready' | 'waiting'
  readonly url: string
  /** Since when, in ms since the epoch. */
  readonly since: number
  /** Why the last connection ended or failed; null: none did. */
  readonly outage: Outage | null
  /** When the next attempt begins, in ms since the epoch; null: not waiting. */
  readonly nextAttemptAt: number | null
}

/** Five minutes: soon enough to notice a mended token within a coffee break, rare enough not to look like an attack. */
const REFUSED_SECONDS = 300

/** Holds the connection to the server, for ever. Nothing happens before {@link Link.start}. */
export class Link {
  readonly #options: LinkOptions
  readonly #events: LinkEvents
  readonly #backoff: Backoff
  #stopped = true
  #connection: Connection | null = null
  #wake: () => void = () => {}
  #status: LinkStatus
  #loop: Promise<void> = Promise.resolve()

  constructor(options: LinkOptions, events: LinkEvents) {
    this.#options = options
    this.#events = events
    this.#backoff = createBackoff({ refusedSeconds: REFUSED_SECONDS, ...options.reconnect })
    this.#status = { state: 'stopped', url: options.url, since: Date.now(), outage: null, nextAttemptAt: null }
  }

  get status(): LinkStatus {
    return this.#status
  }

  start(): void {
    if (!this.#stopped) return
    this.#stopped = false
    this.#loop = this.#run()
  }

  /** Sends a heartbeat at once, where there is a connection: something changed that the server should know. */
  beat(): void {
    if (this.#status.state === 'ready') this.#connection?.beat()
  }

  /** Closes the connection and stops trying. Resolves when the socket is gone, after 2 s at the latest. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#connection?.close()
    this.#wake()
    await this.#loop
  }

  /** The link's one loop: connect, serve, wait, for ever. */
  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#enter('connecting', { outage: this.#status.outage })
      const outage = await this.#connect()
      if (this.#stopped) break
      const seconds = this.#backoff.next(outage.kind)
      this.#enter('waiting', { outage, nextAttemptAt: Date.now() + seconds * 1000 })
      this.#report(outage, seconds)
      await this.#pause(seconds)
    }
    this.#enter('stopped')
  }

  /** One connection from attempt to end; resolves to why there is none any more. */
  async #connect(): Promise<Outage> {
    let token: string
    try {
      token = await this.#options.token()
    } catch (error) {
      return { kind: 'failed', code: 'SECRET_UNAVAILABLE', message: (error as Error).message }
    }
    if (this.#stopped) return { kind: 'failed', code: 'STOPPED', message: 'the agent stopped' }
    const { logger, url, healthySeconds = 10 } = this.#options
    let healthy: NodeJS.Timeout | undefined
    const ready: LinkEvents['ready'] = (session, ack) => {
      this.#enter('ready', { outage: null })
      logger.info({ url, capabilities: [...session.capabilities] }, 'connected')
      healthy = setTimeout(() => this.#backoff.reset(), healthySeconds * 1000)
      this.#events.ready(session, ack)
    }
    this.#connection = new Connection({ ...this.#options, token }, { ...this.#events, ready })
    const outage = await this.#connection.ended
    clearTimeout(healthy)
    this.#connection = null
    return outage
  }

  #enter(state: LinkStatus['state'], change: Partial<Pick<LinkStatus, 'outage' | 'nextAttemptAt'>> = {}): void {
    this.#status = { ...this.#status, nextAttemptAt: null, ...change, state, since: Date.now() }
  }

  #report({ kind, code, message }: Outage, seconds: number): void {
    const { hint, logger, url } = this.#options
    const help = hint?.(code)
    const fields = { url, code, retrySeconds: Math.round(seconds * 10) / 10 }
    const sentence = `${message}${help === undefined ? '' : `; ${help}`}`
    if (kind === 'refused') logger.error(fields, `REFUSED by the server: ${sentence}. Trying again, but slowly.`)
    else logger.warn(fields, `not connected: ${sentence}`)
  }

  #pause(seconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, seconds * 1000)
    this.#wake = () => {
      clearTimeout(timer)
      resolve()
    }
    return promise
  }
}
