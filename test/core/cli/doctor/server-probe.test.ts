import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { WebSocketServer } from 'ws'
import { probeServer } from '../../../../core/cli/doctor/server-probe.ts'
import { loadConfig } from '../../../../core/config/index.ts'
import { type Certificate, createAuthority } from '../../../helpers/certificates.ts'

const OPENSSL = process.platform === 'win32' ? 'needs openssl' : false

async function probe(t: Test, url: string, options: { caFile?: string; deadlineMs?: number } = {}) {
  const file = { server: { url, tls: { caFile: options.caFile ?? null } } }
  const { config } = await loadConfig({ file: `${t.testdir({ 'c.json': JSON.stringify(file) })}/c.json`, env: {} })
  return probeServer(config.server, 'probe-token-1', options.deadlineMs)
}

/** Listens on loopback until the test ends; answers the port. */
async function listen(t: Test, server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => {})))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** A server that answers the upgrade like any other request. */
async function answering(
  t: Test,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  return `ws://127.0.0.1:${await listen(t, createHttpServer(answer))}/agent`
}

/** A server that does what it wants with the bare connection. */
async function raw(t: Test, talk: (socket: Socket) => void): Promise<string> {
  return `ws://127.0.0.1:${await listen(t, createTcpServer(talk))}/agent`
}

t.test('a server that takes the token and opens a WebSocket is fine, and hears no word', async (t) => {
  const server = createHttpServer()
  const sockets = new WebSocketServer({ server })
  const seen: unknown[] = []
  sockets.on('connection', (socket, request) => {
    seen.push(request.headers.authorization)
    socket.on('message', (data) => seen.push(String(data)))
    socket.on('error', () => {})
  })
  const check = await probe(t, `ws://127.0.0.1:${await listen(t, server)}/agent`)
  t.match(check, { ok: true })
  t.same(seen, ['Bearer probe-token-1'])
})

t.test('each way a server can answer otherwise is told, with what to do', async (t) => {
  const cases: [status: number, hint: RegExp][] = [
    [401, /HTTP_401.*tokenFile/],
    [403, /HTTP_403.*let this agent in/],
    [404, /HTTP_404.*path/],
    [407, /HTTP_407.*proxy/],
    [426, /HTTP_426.*WebSocket/],
    [200, /HTTP_200.*WebSocket/],
    [302, /HTTP_302.*redirect/i],
    [502, /HTTP_502.*(proxy|trouble)/],
  ]
  for (const [status, hint] of cases) {
    const url = await answering(t, (_, response) =>
      response.writeHead(status, { location: 'https://elsewhere/', via: '1.1 proxy' }).end('<html>'),
    )
    const check = await probe(t, url)
    t.equal(check.ok, false)
    t.match(check.message, hint)
    t.notMatch(check.message, 'probe-token-1')
  }
})

t.test('a host that is not there, or does not listen, is told', async (t) => {
  t.match(await probe(t, 'wss://no-such-host.invalid/agent'), { ok: false, message: /(ENOTFOUND|EAI_AGAIN).*DNS/ })
  const server = createTcpServer()
  const port = await listen(t, server)
  server.close()
  t.match(await probe(t, `ws://127.0.0.1:${port}/agent`), { ok: false, message: /ECONNREFUSED.*listens/ })
})

t.test('a server that takes the connection and says nothing, or a byte now and then, is given up', async (t) => {
  const silent = await raw(t, () => {})
  t.match(await probe(t, silent, { deadlineMs: 300 }), { ok: false, message: /CONNECT_TIMEOUT.*proxy or firewall/ })
  const trickling = await raw(t, (socket) => {
    const bytes = Iterator.from(`HTTP/1.1 101 Switching Protocols\r\nx: ${'x'.repeat(10_000)}`)
    const timer = setInterval(() => socket.write(bytes.next().value ?? ''), 20)
    socket.on('close', () => clearInterval(timer))
  })
  t.match(await probe(t, trickling, { deadlineMs: 500 }), { ok: false, message: /CONNECT_TIMEOUT/ })
})

t.test('what is no HTTP server, or hangs up, is told as a failure', async (t) => {
  t.match(await probe(t, await raw(t, (socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'))), {
    ok: false,
    message: /\(\w+\)/,
  })
  t.match(await probe(t, await raw(t, (socket) => socket.destroy())), { ok: false, message: /\((ECONNRESET|\w+)\)/ })
})

t.test('trouble with TLS is told by its cause', { skip: OPENSSL }, async (t) => {
  const authority = createAuthority(t)
  const { caFile } = authority
  const secure = async ({ key, cert }: Certificate) => {
    const server = createHttpsServer({ key, cert })
    new WebSocketServer({ server }).on('connection', (socket) => socket.on('error', () => {}))
    return `wss://127.0.0.1:${await listen(t, server)}/agent`
  }
  const good = await secure(authority.issue('IP:127.0.0.1'))
  t.match(await probe(t, good, { caFile }), { ok: true })
  t.match(await probe(t, good), { ok: false, message: /UNABLE_TO_VERIFY_LEAF_SIGNATURE.*caFile/ })
  t.match(await probe(t, good, { caFile: '/missing/ca.pem' }), { ok: false, message: /caFile/ })
  const expired = await secure(authority.issue('IP:127.0.0.1', -1))
  t.match(await probe(t, expired, { caFile }), { ok: false, message: /CERT_HAS_EXPIRED.*expired/ })
  const other = await secure(authority.issue('DNS:other.example.com'))
  t.match(await probe(t, other, { caFile }), { ok: false, message: /ERR_TLS_CERT_ALTNAME_INVALID.*another name/ })
  const plain = (await answering(t, (_, response) => response.end())).replace('ws:', 'wss:')
  t.match(await probe(t, plain, { caFile }), { ok: false, message: /TLS/ })
})

t.test('NODE_TLS_REJECT_UNAUTHORIZED changes nothing', { skip: OPENSSL }, async (t) => {
  const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  t.teardown(() => {
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before
  })
  const { key, cert } = createAuthority(t).issue('IP:127.0.0.1')
  const server = createHttpsServer({ key, cert })
  new WebSocketServer({ server })
  t.match(await probe(t, `wss://127.0.0.1:${await listen(t, server)}/agent`), { ok: false })
})
