import type { Logger } from '@gururmm/plugin-sdk'
import type { AuthAckPayload } from '../protocol/messages.ts'
import { type BackoffOptions, createBackoff } from './backoff.ts'
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

/** Holds the connection to the server, for ever. */
export interface Link {
  start(): void
  /** Closes the connection and stops trying. Resolves when the socket is gone, after 2 s at the latest. */
  stop(): Promise<void>
  readonly status: LinkStatus
}

/** Five minutes: soon enough to notice a mended token within a coffee break, rare enough not to look like an attack. */
const REFUSED_SECONDS = 300

/** Creates the link; nothing happens before {@link Link.start}. */
export function createLink(options: LinkOptions, events: LinkEvents): Link {
  const { logger } = options
  const backoff = createBackoff({ refusedSeconds: REFUSED_SECONDS, ...options.reconnect })
  const healthyMs = (options.healthySeconds ?? 10) * 1000
  let stopped = true
  let connection: Connection | null = null
  let wake: () => void = () => {}
  let status: LinkStatus = { state: 'stopped', url: options.url, since: Date.now(), outage: null, nextAttemptAt: null }
  let loop: Promise<void> = Promise.resolve()

  function enter(state: LinkStatus['state'], change: Partial<Pick<LinkStatus, 'outage' | 'nextAttemptAt'>> = {}): void {
    status = { ...status, nextAttemptAt: null, ...change, state, since: Date.now() }
  }

  /** One connection from attempt to end; resolves to why there is none any more. */
  async function connectOnce(): Promise<Outage> {
    let token: string
    try {
      token = await options.token()
    } catch (error) {
      return { kind: 'failed', code: 'SECRET_UNAVAILABLE', message: (error as Error).message }
    }
    if (stopped) return { kind: 'failed', code: 'STOPPED', message: 'the agent stopped' }
    let healthy: NodeJS.Timeout | undefined
    connection = new Connection(
      { ...options, token },
      {
        ...events,
        ready(session, ack: AuthAckPayload | null) {
          enter('ready', { outage: null })
          logger.info({ url: options.url, capabilities: [...session.capabilities] }, 'connected')
          healthy = setTimeout(() => backoff.reset(), healthyMs)
          events.ready(session, ack)
        },
      },
    )
    const outage = await connection.ended
    clearTimeout(healthy)
    connection = null
    return outage
  }

  /** The link's one loop: connect, serve, wait, for ever. */
  async function run(): Promise<void> {
    while (!stopped) {
      enter('connecting', { outage: status.outage })
      const outage = await connectOnce()
      if (stopped) break
      const seconds = backoff.next(outage.kind)
      enter('waiting', { outage, nextAttemptAt: Date.now() + seconds * 1000 })
      report(outage, seconds)
      await pause(seconds)
    }
    enter('stopped')
  }

  function report({ kind, code, message }: Outage, seconds: number): void {
    const hint = options.hint?.(code)
    const fields = { url: options.url, code, retrySeconds: Math.round(seconds * 10) / 10 }
    const sentence = `${message}${hint === undefined ? '' : `; ${hint}`}`
    if (kind === 'refused') logger.error(fields, `REFUSED by the server: ${sentence}. Trying again, but slowly.`)
    else logger.warn(fields, `not connected: ${sentence}`)
  }

  function pause(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  return {
    get status() {
      return status
    },
    start() {
      if (!stopped) return
      stopped = false
      loop = run()
    },
    async stop() {
      stopped = true
      connection?.close()
      wake()
      await loop
    },
  }
}
