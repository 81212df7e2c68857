import { once } from 'node:events'
import { statSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { MAX_REQUEST_BYTES } from '../../../../plugins/claude-task/broker/admission.ts'
import { startBroker } from '../../../../plugins/claude-task/broker/broker.ts'
import { makeCredentials } from '../../../../plugins/claude-task/broker/credentials.ts'
import { routeFor } from '../../../../plugins/claude-task/broker/route.ts'
import { directoryOutside } from '../../../helpers/outside.ts'
import { waitUntil } from '../../../helpers/wait-until.ts'
import { brokered, echo, KEY, listening } from './brokered.ts'

t.test('a request of the task reaches the API with the real key, and its answer comes back', async (t) => {
  const { seen, url } = await echo(t)
  const { ask, auth, broker, credentials } = await brokered(t, { ANTHROPIC_BASE_URL: `${url}/gateway/` })
  const headers = { ...auth, 'anthropic-beta': 'one,two', authorization: 'Bearer other', cookie: 'c=d' }
  const answer = await ask('/v1/messages?beta=true', { headers })
  t.match(answer, { status: 200, text: '{"ok":true}' })
  t.equal(answer.headers.get('request-id'), 'req_1')
  t.equal(answer.headers.get('set-cookie'), null)
  t.match(seen, [{ method: 'POST', url: '/gateway/v1/messages?beta=true', body: '{"model":"m"}' }])
  t.match(seen[0]?.headers, { 'x-api-key': KEY, 'anthropic-beta': 'one,two', host: new URL(url).host })
  t.notOk(seen[0]?.headers.authorization)
  t.notOk(seen[0]?.headers.cookie)
  t.notMatch(JSON.stringify(seen), credentials.token, 'the token stays here')
  t.same(broker.tally(), { requests: 1, refused: 0, failure: null })
})

t.test('a token of `claude setup-token` is sent as the API takes it', async (t) => {
  const { seen, url } = await echo(t)
  const key = 'sk-ant-oat01-the-real-one'
  const { ask, credentials } = await brokered(t, { ANTHROPIC_BASE_URL: url }, { key })
  t.equal(credentials.variable, 'CLAUDE_CODE_OAUTH_TOKEN')
  t.match(await ask(undefined, { headers: { authorization: `Bearer ${credentials.token}` } }), { status: 200 })
  t.equal(seen[0]?.headers.authorization, `Bearer ${key}`)
  t.match(await ask(undefined, { headers: { 'x-api-key': credentials.token } }), { status: 401 })
})

t.test('nothing else passes', async (t) => {
  const { seen, url } = await echo(t)
  const { ask, auth, broker } = await brokered(t, { ANTHROPIC_BASE_URL: url })
  t.match(await ask('/', { method: 'HEAD' }), { status: 200 }, 'the CLI looks whether somebody is there')
  const refused: [string, RequestInit, number][] = [
    ['/v1/messages', { headers: {} }, 401],
    ['/v1/messages', { headers: { 'x-api-key': KEY } }, 401],
    ['/v1/messages', { headers: { authorization: auth['x-api-key'] } }, 401],
    ['/', { method: 'HEAD', headers: {} }, 401],
    ['/v1/messages', { method: 'GET' }, 403],
    ['/v1/messages', { method: 'DELETE' }, 403],
    ['/v1/files', {}, 403],
    ['/v1/messages/batches', {}, 403],
    ['/v1/messages/count_tokens', {}, 403],
    ['/v1/messages?beta=true&x=1', {}, 403],
    ['/v1/messages/', {}, 403],
    ['//v1/messages', {}, 403],
    ['/v1/%6dessages', {}, 403],
    ['/v1/organizations/x/api_keys', { method: 'GET' }, 403],
    ['/v1/models', { method: 'GET' }, 403],
  ]
  for (const [path, init, status] of refused) {
    const answer = await ask(path, init)
    t.equal(answer.status, status, `${init.method ?? 'POST'} ${path}`)
    if (init.method !== 'HEAD') t.match(JSON.parse(answer.text), { type: 'error', error: { message: String } })
  }
  t.same(seen, [])
  t.same(broker.tally(), { requests: 0, refused: refused.length, failure: null })
})

t.test('a request that names another host in its first line, or wants a tunnel, is refused', async (t) => {
  const { seen, url } = await echo(t)
  const { auth, broker } = await brokered(t, { ANTHROPIC_BASE_URL: url })
  const { port } = new URL(broker.url)
  for (const line of [`POST ${url}/v1/messages HTTP/1.1`, 'CONNECT example.com:443 HTTP/1.1']) {
    const socket = connect(Number(port), '127.0.0.1')
    socket.end(`${line}\r\nhost: x\r\nx-api-key: ${auth['x-api-key']}\r\ncontent-length: 0\r\n\r\n`)
    let answer = ''
    for await (const part of socket) answer += part
    t.notMatch(answer, / 200 /, line)
  }
  t.same(seen, [])
})

t.test('a request that is too large is refused, whether it says so or not', async (t) => {
  const { seen, url } = await echo(t)
  const { ask, auth, broker } = await brokered(t, { ANTHROPIC_BASE_URL: url })
  t.match(await ask(undefined, { body: Buffer.alloc(MAX_REQUEST_BYTES + 1, 'x') }).catch(() => ({ status: 413 })), {
    status: 413,
  })
  const sending = request(`${broker.url}/v1/messages`, { method: 'POST', headers: auth })
  const ended = new Promise((done) => sending.on('close', done))
  sending.on('error', () => {})
  const piece = Buffer.alloc(1024 * 1024, 'x')
  for (let sent = 0; sent <= MAX_REQUEST_BYTES && !sending.destroyed; sent += piece.length) {
    if (!sending.write(piece)) await Promise.race([once(sending, 'drain').catch(() => {}), ended])
  }
  sending.end()
  await ended
  t.same(seen, [])
})

t.test('the task cannot ask more often than it may', async (t) => {
  const { seen, url } = await echo(t)
  const { ask, broker } = await brokered(t, { ANTHROPIC_BASE_URL: url }, { maxRequests: 2 })
  const answers = [await ask(), await ask(), await ask(), await ask()]
  t.same(
    answers.map(({ status }) => status),
    [200, 200, 403, 403],
  )
  t.equal(seen.length, 2)
  t.same(broker.tally(), { requests: 2, refused: 2, failure: null })
})

t.test('an answer comes as it is written, and no faster than it is read', async (t) => {
  let written = 0
  let isDone = false
  const piece = Buffer.alloc(1024 * 1024, 'y')
  const { url } = await listening(t, async (_, res) => {
    res.write('first')
    const left = new Promise((done) => res.on('close', done))
    for (; written < 256 && !res.destroyed; written++)
      if (!res.write(piece)) await Promise.race([once(res, 'drain'), left])
    isDone = true
    res.end()
  })
  const { auth, broker } = await brokered(t, { ANTHROPIC_BASE_URL: url })
  const sending = request(`${broker.url}/v1/messages`, { method: 'POST', headers: auth })
  sending.on('error', () => {})
  sending.end('{}')
  const [answer] = (await once(sending, 'response')) as [IncomingMessage]
  const [first] = await once(answer, 'data')
  t.match(String(first), /^first/, 'before the rest is there')
  answer.pause()
  let before = -1
  await waitUntil('the API waits for a reader', async () => {
    const settled = written === before
    before = written
    await sleep(100)
    return settled && written > 0
  })
  t.notOk(isDone)
  t.ok(written < 200, `${written} MiB were taken of 256`)
  sending.destroy()
  await waitUntil('the API sees that nobody is there any more', () => isDone)
})

t.test('a connection that breaks off at the API breaks off at the CLI', async (t) => {
  const { url } = await listening(t, (_, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    res.write('data: 1\n\n')
    setTimeout(() => res.destroy(), 20)
  })
  const { ask, broker } = await brokered(t, { ANTHROPIC_BASE_URL: url })
  await t.rejects(ask())
  t.equal(broker.tally().failure, null, 'it was reached')
})

t.test('an API that hangs up without an answer leaves nobody waiting', async (t) => {
  const { url } = await listening(t, (req, res) => {
    req.on('end', () => res.destroy()).resume()
  })
  const { ask, broker } = await brokered(t, { ANTHROPIC_BASE_URL: url })
  await t.rejects(ask())
  t.match(broker.tally(), { requests: 1, failure: /hang up|ECONNRESET/ })
})

t.test('an API that was out of reach and then is not has failed nobody', async (t) => {
  let asked = 0
  const { url } = await listening(t, (req, res) => {
    asked += 1
    req.on('end', () => (asked === 1 ? res.destroy() : res.writeHead(500).end())).resume()
  })
  const { ask, broker } = await brokered(t, { ANTHROPIC_BASE_URL: url })
  await t.rejects(ask())
  t.match(await ask(), { status: 500 })
  t.equal(broker.tally().failure, null)
})

t.test('an API out of reach looks so to the CLI, and the broker knows why', async (t) => {
  const { server, url } = await echo(t)
  server.close()
  const { ask, broker } = await brokered(t, { ANTHROPIC_BASE_URL: url })
  await t.rejects(ask())
  t.match(broker.tally(), { requests: 1, failure: /ECONNREFUSED/ })
})

t.test('a redirect is not followed, by nobody', async (t) => {
  const evil = await echo(t)
  const { url } = await listening(t, (_, res) => void res.writeHead(307, { location: `${evil.url}/v1/messages` }).end())
  const { ask, broker } = await brokered(t, { ANTHROPIC_BASE_URL: url })
  await t.rejects(ask())
  t.match(broker.tally().failure, /redirect/)
  t.same(evil.seen, [])
})

t.test('once it is closed nothing gets through, and what was under way is cut', async (t) => {
  const { url } = await listening(t, () => {})
  const { ask, broker } = await brokered(t, { ANTHROPIC_BASE_URL: url })
  const hanging = t.rejects(ask())
  await waitUntil('it has come through', () => broker.tally().requests === 1)
  await broker.close()
  await hanging
  await t.rejects(ask())
})

t.test('a Unix socket is open to its account alone', { skip: process.platform === 'win32' }, async (t) => {
  const { seen, url } = await echo(t)
  const credentials = makeCredentials(KEY)
  // The name of a socket must be short
  const socket = join(directoryOutside(t, {}), 'api')
  const isRoot = process.geteuid?.() === 0
  const uid = isRoot ? 65_534 : null
  const route = await routeFor({ ANTHROPIC_BASE_URL: url })
  const broker = await startBroker({ credentials, route, address: { socket, uid }, maxRequests: 9 })
  t.equal(statSync(socket).mode & 0o777, 0o600)
  t.equal(statSync(socket).uid, uid ?? process.geteuid?.())
  const headers = { 'x-api-key': credentials.token }
  const sending = request({ socketPath: socket, path: '/v1/messages', method: 'POST', headers }).end('{}')
  const [answer] = (await once(sending, 'response')) as [IncomingMessage]
  t.equal(answer.statusCode, 200)
  answer.resume()
  t.equal(seen.length, 1)
  await broker.close()
  t.throws(() => statSync(socket), 'it is gone with the broker')
})
