import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { startBroker } from '../../../../plugins/claude-task/broker/broker.ts'
import { makeCredentials } from '../../../../plugins/claude-task/broker/credentials.ts'
import { routeFor } from '../../../../plugins/claude-task/broker/route.ts'

export const KEY = 'sk-ant-api03-the-real-one'

/** A server on loopback, closed with the test. */
export async function listening(t: Test, listener: RequestListener, tls?: { key: Buffer; cert: Buffer }) {
  const server = tls ? createSecureServer(tls, listener) : createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return { server, port, url: `${tls ? 'https' : 'http'}://localhost:${port}` }
}

/** An API that tells what it was sent. */
export async function echo(t: Test, tls?: { key: Buffer; cert: Buffer }) {
  const seen: {
    method: string | undefined
    url: string | undefined
    headers: IncomingMessage['headers']
    body: string
  }[] = []
  const api = await listening(
    t,
    async (req, res) => {
      let body = ''
      try {
        for await (const part of req) body += part
      } catch {
        return // cut
      }
      seen.push({ method: req.method, url: req.url, headers: req.headers, body })
      res.writeHead(200, { 'content-type': 'application/json', 'set-cookie': 'a=b', 'request-id': 'req_1' })
      res.end('{"ok":true}')
    },
    tls,
  )
  return { ...api, seen }
}

/** A broker on loopback before the API that the variables name. */
export async function brokered(
  t: Test,
  variables: Record<string, string>,
  options: { key?: string; maxRequests?: number } = {},
) {
  const credentials = makeCredentials(options.key ?? KEY)
  const route = await routeFor(variables)
  const broker = await startBroker({ credentials, route, address: 'loopback', maxRequests: options.maxRequests ?? 100 })
  t.teardown(() => broker.close())
  const auth = { 'x-api-key': credentials.token }
  const ask = async (path = '/v1/messages?beta=true', init: RequestInit = {}) => {
    const method = init.method ?? 'POST'
    const body = method === 'POST' ? '{"model":"m"}' : null
    const response = await fetch(`${broker.url}${path}`, { body, headers: auth, ...init, method })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
  return { broker, credentials, auth, ask }
}
