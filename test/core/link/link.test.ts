import { type AddressInfo, createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { until } from '../../helpers/dispatch.ts'
import { accept, connect, listen } from '../../helpers/link.ts'

t.test('it sends its token in the upgrade, then auth, then a heartbeat, and uses what was negotiated', async (t) => {
  const server = await listen(t, accept(['command_ack', 'no_such_thing']))
  const { seen, link } = connect(t, server.port)
  await until(() => seen.ready.length === 1 && server.peers[0]?.frames.length === 2)
  t.equal(server.peers[0]?.authorization, 'Bearer secret-token')
  t.match(server.peers[0]?.frames, [{ type: 'auth', payload: { agent_id: 'agent-1' } }, { type: 'heartbeat' }])
  t.notOk(JSON.stringify(server.peers[0]?.frames).includes('secret-token'))
  t.strictSame([...(seen.ready[0]?.capabilities ?? [])], ['command_ack'])
  t.equal(link.status.state, 'ready')
})

t.test('the token is in auth only where the config asks for it', async (t) => {
  const server = await listen(t, accept())
  connect(t, server.port, { tokenInMessage: true })
  await until(() => (server.peers[0]?.frames.length ?? 0) > 0)
  t.match(server.peers[0]?.frames[0], { type: 'auth', payload: { token: 'secret-token' } })
})

t.test('a server that never answers auth is served: after a while, or on its first command', async (t) => {
  const silent = await listen(t, () => {})
  const first = connect(t, silent.port, { silentSeconds: 0.05 })
  await until(() => first.seen.ready.length === 1)
  t.equal(first.seen.ready[0]?.capabilities.size, 0)
  const eager = await listen(t, (peer) => peer.say({ type: 'command', payload: { id: 'a', command_type: 'shell' } }))
  const second = connect(t, eager.port, { silentSeconds: 60 })
  await until(() => second.seen.messages.length === 1)
  t.equal(second.seen.ready.length, 1)
})

t.test('bad frames are handed on and the connection stays', async (t) => {
  const server = await listen(t, accept())
  const { seen } = connect(t, server.port)
  await until(() => seen.ready.length === 1)
  const socket = server.peers[0]?.socket
  socket?.send('{')
  socket?.send(Buffer.from([1, 2, 3]))
  socket?.send(Buffer.from([0xff, 0xfe]), { binary: false })
  socket?.send('{"type":"command","payload":{"id":"x","command_type":3}}')
  server.peers[0]?.say({ type: 'command_cancel', payload: { command_id: 'y' } })
  await until(() => seen.messages.length === 1)
  t.equal(seen.bad.length, 4)
  t.equal(seen.bad[3]?.commandId, 'x')
  t.equal(server.peers.length, 1)
})

t.test('a frame over 1 MiB closes with 1009, and it connects again', async (t) => {
  const server = await listen(t, accept())
  const { seen } = connect(t, server.port)
  await until(() => seen.ready.length === 1)
  const closed = new Promise((resolve) => server.peers[0]?.socket.once('close', resolve))
  server.peers[0]?.socket.send(
    JSON.stringify({ type: 'command', payload: { id: 'a', command_type: 'x'.repeat(1_100_000) } }),
  )
  t.equal(await closed, 1009)
  await until(() => seen.ready.length === 2)
})

t.test('it comes back after the server went away, and asks for the token again', async (t) => {
  const server = await listen(t, accept())
  let token = 'old'
  const { seen } = connect(t, server.port, { token: async () => token })
  await until(() => seen.ready.length === 1)
  token = 'rotated'
  await server.close()
  await until(() => seen.gone === 1)
  const again = await listen(t, accept(), server.port)
  await until(() => seen.ready.length === 2)
  t.equal(again.peers[0]?.authorization, 'Bearer rotated')
})

t.test('a refusal is said loudly and retried slowly', async (t) => {
  const cases: [string, string, (t: Test) => Promise<number>][] = [
    [
      'auth_ack without success',
      'AUTH_FAILED',
      async (t) =>
        (
          await listen(t, (peer) =>
            peer.say({ type: 'auth_ack', payload: { success: false, message: 'unknown agent' } }),
          )
        ).port,
    ],
    ['close 1008', 'CLOSE_1008', async (t) => (await listen(t, (peer) => peer.socket.close(1008, 'policy'))).port],
    ['HTTP 401', 'HTTP_401', (t) => answer(t, 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n')],
    [
      'HTTP 403',
      'HTTP_403',
      (t) => answer(t, 'HTTP/1.1 403 Forbidden\r\nVia: 1.1 corp-proxy\r\nContent-Length: 0\r\n\r\n'),
    ],
  ]
  for (const [name, code, start] of cases) {
    const { link, logger } = connect(t, await start(t))
    await until(() => link.status.state === 'waiting')
    t.match(link.status.outage, { kind: 'refused', code }, name)
    t.ok((link.status.nextAttemptAt ?? 0) - Date.now() > 60_000, `${name}: waits minutes`)
    t.match(logger.lines.at(-1), { level: 'error', message: /^REFUSED/ }, name)
  }
})

t.test('other answers are failures, retried soon', async (t) => {
  for (const [status, answerText] of [
    ['HTTP_404', 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'],
    ['HTTP_302', 'HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n'],
    ['HTTP_503', 'HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n'],
  ] as const) {
    const { link } = connect(t, await answer(t, answerText))
    await until(() => link.status.outage !== null)
    t.match(link.status.outage, { kind: 'failed', code: status })
  }
})

t.test('a handshake that trickles is given up at its deadline', async (t) => {
  const port = await trickle(t)
  const { link } = connect(t, port, { connectSeconds: 0.2 })
  await until(() => link.status.outage !== null)
  t.equal(link.status.outage?.code, 'CONNECT_TIMEOUT')
})

t.test('a peer without a sign of life is found by the second heartbeat', async (t) => {
  const server = await listen(t, (peer) => {
    accept()(peer)
    // Half-open as the agent sees it: nothing is read or answered any more.
    peer.socket.once('message', () =>
      setTimeout(() => (peer.socket as unknown as { _socket: Socket })._socket.pause(), 20),
    )
  })
  const { link, seen } = connect(t, server.port, { heartbeatSeconds: 0.1 })
  await until(() => seen.gone >= 1)
  t.equal(link.status.outage?.code ?? 'PEER_DEAD', 'PEER_DEAD')
})

t.test('a server that accepts and drops does not reset the backoff', async (t) => {
  const server = await listen(t, (peer) => {
    accept()(peer)
    setTimeout(() => peer.socket.terminate(), 5)
  })
  const waits: number[] = []
  const random = () => 1
  const { seen, logger } = connect(t, server.port, { reconnect: { minSeconds: 0.01, maxSeconds: 0.08, random } })
  await until(() => seen.gone >= 4)
  for (const line of logger.lines) if (line.level === 'warn') waits.push(line.fields.retrySeconds as number)
  t.ok((waits.at(-1) ?? 0) > (waits[0] ?? 0), `the waits grow: ${waits.join(', ')}`)
})

t.test('a token that cannot be had is a failed attempt, not a crash', async (t) => {
  const { link } = connect(t, 1, { token: () => Promise.reject(new Error('no token file')) })
  await until(() => link.status.outage !== null)
  t.match(link.status.outage, { code: 'SECRET_UNAVAILABLE', message: 'no token file' })
})

t.test('stop ends a connection, an attempt and a wait', async (t) => {
  const server = await listen(t, accept())
  const open = connect(t, server.port)
  await until(() => open.seen.ready.length === 1)
  await open.link.stop()
  t.equal(open.link.status.state, 'stopped')
  const attempting = connect(t, await trickle(t))
  await attempting.link.stop()
  t.equal(attempting.link.status.state, 'stopped')
  const waiting = connect(t, 1, { reconnect: { minSeconds: 1000, maxSeconds: 1000 } })
  await until(() => waiting.link.status.state === 'waiting')
  await waiting.link.stop()
  t.equal(waiting.link.status.state, 'stopped')
})

/** A server that answers every connection with these bytes. */
async function answer(t: Test, bytes: string): Promise<number> {
  return await raw(t, (socket) => socket.once('data', () => socket.end(bytes)))
}

/** A server that answers the handshake a byte at a time, for ever. */
async function trickle(t: Test): Promise<number> {
  return await raw(t, (socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nX-Slow: ')
    const timer = setInterval(() => socket.write('a'), 20)
    socket.on('close', () => clearInterval(timer))
  })
}

async function raw(t: Test, serve: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    serve(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
