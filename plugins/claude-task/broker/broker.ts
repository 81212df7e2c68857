import { chmod, chown } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline, Transform } from 'node:stream'
import { MAX_REQUEST_BYTES, type Refusal, refusalOf } from './admission.ts'
import type { Credentials } from './credentials.ts'
import { headersToApi, headersToCli } from './headers.ts'
import type { Route } from './route.ts'

/** Where a broker listens. */
export type Address =
  /** A Unix socket, for a CLI that has no network. `uid`: the only account that may connect; null: the agent's own. */
  | { readonly socket: string; readonly uid: number | null }
  /** A free port on 127.0.0.1. */
  | 'loopback'

export interface BrokerOptions {
  readonly credentials: Credentials
  readonly route: Route
  readonly address: Address
  /** How many requests may reach the API; whoever has the token cannot spend more than these. */
  readonly maxRequests: number
}

/** What a broker saw; never what was said. */
export interface Tally {
  /** Requests that went to the API. */
  readonly requests: number
  /** Requests that did not. */
  readonly refused: number
  /** Why the last request did not get to the API; null: it did. */
  readonly failure: string | null
}

/** The one way by which a task's CLI reaches the API. */
export interface Broker {
  /** For `ANTHROPIC_BASE_URL`. */
  readonly url: string
  tally(): Tally
  /** Cuts what is under way; nothing gets through afterwards. */
  close(): Promise<void>
}

/** Nothing is resolved: the CLI reaches whatever host it is told through the socket. */
const SOCKET_URL = 'http://api.invalid'
/** The CLI keeps a few connections at most. */
const MAX_CONNECTIONS = 64

/**
 * Starts a broker: it lets requests for messages through that bring the task's token, puts the real key into them, and hands on
 * what the API answers as it comes. Neither content nor credentials are kept or logged.
 *
 * @throws what the system throws where the address cannot be taken.
 */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const tally = { requests: 0, refused: 0, failure: null as string | null }
  const server = createServer((request, response) => {
    const refusal = refusalOf(request, options.credentials) ?? refusalForCount(tally.requests, options.maxRequests)
    if (refusal !== null) {
      tally.refused += 1
      refuse(response, refusal)
    } else if (request.method === 'HEAD') {
      response.end()
    } else {
      tally.requests += 1
      forward(request, response, options, (failure) => {
        tally.failure = failure
      })
    }
  })
  // A long answer of a slow model is no reason to cut it; the task has limits of its own.
  server.requestTimeout = 0
  server.maxConnections = MAX_CONNECTIONS
  const url = await listen(server, options.address)
  return {
    url,
    tally: () => ({ ...tally }),
    async close() {
      const closed = new Promise((done) => server.close(done))
      server.closeAllConnections()
      options.route.agent.destroy()
      await closed
    },
  }
}

async function listen(server: Server, address: Address): Promise<string> {
  const at = address === 'loopback' ? { port: 0, host: '127.0.0.1' } : { path: address.socket }
  await new Promise<void>((done, fail) => server.once('error', fail).listen(at, done))
  if (address === 'loopback') return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await chmod(address.socket, 0o600)
  if (address.uid !== null) await chown(address.socket, address.uid, 0)
  return SOCKET_URL
}

/** 403: the CLI gives up at once, where it would try again after a 429. */
function refusalForCount(made: number, most: number): Refusal | null {
  return made < most ? null : { status: 403, why: `The task has made ${most} requests, and may not make more.` }
}

/** In the API's own form, so that the CLI can tell it. */
function refuse(response: ServerResponse, { status, why }: Refusal): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' })
  response.end(JSON.stringify({ type: 'error', error: { type: 'permission_error', message: why } }))
}

function forward(
  request: IncomingMessage,
  response: ServerResponse,
  { credentials, route }: BrokerOptions,
  onReached: (failure: string | null) => void,
): void {
  const { url, agent } = route
  const path = `${url.pathname.replace(/\/+$/, '')}${request.url}`
  const headers = headersToApi(request.headers, credentials.header)
  const passing = route.request(new URL(url.origin), { method: 'POST', path, headers, agent })
  let answered = false
  // A cut connection is what a failed one looks like to the CLI: it tries again, and then says that the API is out of reach.
  const fail = (error: NodeJS.ErrnoException): void => {
    if (!answered && !response.destroyed) onReached(error.message || error.code || 'The connection failed.')
    response.destroy()
  }
  // Sent is not answered: what fails after the last byte comes here only.
  passing.on('error', fail)
  pipeline(request, atMost(MAX_REQUEST_BYTES), passing, (error) => {
    if (error) fail(error)
  })
  passing.on('response', (answer) => {
    answered = true
    if (isRedirect(answer.statusCode)) {
      onReached(`${url.origin} answers with a redirect (${answer.statusCode})`)
      response.destroy()
      answer.destroy()
      return
    }
    onReached(null)
    response.writeHead(answer.statusCode ?? 502, headersToCli(answer.headers))
    response.flushHeaders()
    pipeline(answer, response, () => {})
  })
  response.on('close', () => passing.destroy())
}

/** It would send the CLI, and what it knows, elsewhere. */
function isRedirect(status = 0): boolean {
  return status >= 300 && status < 400
}

function atMost(bytes: number): Transform {
  let passed = 0
  return new Transform({
    transform(chunk: Buffer, _, done) {
      passed += chunk.length
      if (passed > bytes) done(new Error(`the request has more than ${bytes} bytes`))
      else done(null, chunk)
    },
  })
}
