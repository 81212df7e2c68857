import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import { WebSocketServer } from 'ws'
import { type AgentDirectory, createAgentDirectory } from './agents.ts'
import { createApi } from './api.ts'
import { createApprovals } from './approvals.ts'
import { serveAgent } from './connection.ts'
import type { ServerContext } from './session.ts'
import { openStore, type Store } from './store.ts'
import { createTokens, type TokensConfig } from './tokens.ts'

export interface ServerOptions {
  readonly tokens: TokensConfig
  /** Default: 127.0.0.1. */
  readonly host?: string
  /** Default: 0, any free one. */
  readonly port?: number
  /** PEM texts. Default: plain HTTP, which agents accept on loopback alone; else put it behind a proxy that speaks TLS. */
  readonly tls?: { readonly cert: string; readonly key: string }
  /** Told to the agents; one that is silent for three of them is offline. Default: 30. */
  readonly heartbeatSeconds?: number
  /** The largest frame taken from an agent. Default: 16 MiB, as results hold two outputs of up to 1 MiB, each escaped. */
  readonly maxFrameBytes?: number
  /** JSON lines, so that a restarted server knows its commands. Default: memory only. */
  readonly logFile?: string
  /** Ended commands beyond this many are forgotten, oldest first. Default: 1000. */
  readonly maxCommands?: number
  /** Default: silence. */
  readonly logger?: ServerContext['logger']
}

export interface ReferenceServer {
  /** What agents dial, e.g. `ws://127.0.0.1:4000/agent`. */
  readonly url: string
  /** Of the HTTP API, e.g. `http://127.0.0.1:4000`. */
  readonly httpUrl: string
  readonly agents: AgentDirectory
  readonly store: Store
  /** Ends every connection. Commands and results that were saved stay in the log file. */
  close(): Promise<void>
}

/**
 * Starts the server.
 *
 * @throws Error where the port is taken, or the tokens or the log file are not valid.
 */
export async function createServer(options: ServerOptions): Promise<ReferenceServer> {
  const { host = '127.0.0.1', port = 0, tls, heartbeatSeconds = 30, maxFrameBytes = 16 * 1024 * 1024 } = options
  const logger = options.logger ?? { info: () => {}, warn: () => {} }
  const tokens = createTokens(options.tokens)
  const store = await openStore(options)
  const agents = createAgentDirectory()
  for (const credential of tokens.agents) {
    const id = credential.agentId ?? store.boundAgent(credential.digest.toString('hex'))
    if (id !== undefined) agents.ensure(id, credential.site)
  }
  const context: ServerContext = { store, agents, approvals: createApprovals(), tokens, heartbeatSeconds, logger }
  const listener = getRequestListener(createApi(context).fetch)
  const http = tls === undefined ? createHttpServer(listener) : createHttpsServer(tls, listener)
  const agentSockets = acceptAgents(http, context, maxFrameBytes)
  http.listen(port, host)
  await once(http, 'listening')

  const address = `${host.includes(':') ? `[${host}]` : host}:${(http.address() as AddressInfo).port}`
  return {
    url: `${tls === undefined ? 'ws' : 'wss'}://${address}/agent`,
    httpUrl: `${tls === undefined ? 'http' : 'https'}://${address}`,
    agents,
    store,
    async close() {
      const closed = once(http, 'close')
      http.close()
      for (const socket of agentSockets.clients) socket.terminate()
      http.closeAllConnections()
      await closed
      await store.close()
    },
  }
}

/** Agents knock at /agent with their token; all else is refused before there is a WebSocket. */
function acceptAgents(http: Server, context: ServerContext, maxPayload: number): WebSocketServer {
  const sockets = new WebSocketServer({ noServer: true, maxPayload, perMessageDeflate: false })
  http.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on('error', () => stream.destroy())
    if (request.url?.split('?')[0] !== '/agent') return refuseUpgrade(stream, '404 Not Found')
    const credential = context.tokens.findAgent(request.headers.authorization)
    if (credential === undefined) return refuseUpgrade(stream, '401 Unauthorized', 'WWW-Authenticate: Bearer\r\n')
    sockets.handleUpgrade(request, stream, head, (socket) => serveAgent(socket, stream as Socket, credential, context))
  })
  return sockets
}

function refuseUpgrade(stream: Duplex, status: string, headers = ''): void {
  stream.end(`HTTP/1.1 ${status}\r\n${headers}Connection: close\r\nContent-Length: 0\r\n\r\n`)
}
