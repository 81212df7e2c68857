import type { Socket } from 'node:net'
import t from 'tap'
import type { Session } from '../../../core/dispatch/delivery.ts'
import { until } from '../../helpers/dispatch.ts'
import { accept, connect, listen, type Peer } from '../../helpers/link.ts'

t.test(
  'a server that takes long over a large result keeps its connection, and hears how much is under way',
  async (t) => {
    const server = await listen(t, accept())
    const { seen } = connect(t, server.port, { heartbeatSeconds: 0.1 })
    await until(() => seen.ready.length === 1)
    const [session] = seen.ready as [Session]
    const [peer] = server.peers as [Peer]
    const { _socket: socket } = peer.socket as unknown as { _socket: Socket }
    socket.pause()
    const payload = { command_id: 'a', exit_code: 0, stdout: 'x'.repeat(200_000), stderr: '', duration_ms: 1 }
    void session.send({ type: 'command_result', payload })
    t.ok(session.bufferedBytes > 200_000)
    // Twenty heartbeats, all of which the kernel takes.
    await new Promise((resolve) => setTimeout(resolve, 2000))
    t.equal(seen.gone, 0)
    t.ok(session.bufferedBytes > 200_000, 'what the kernel took counts')
    socket.resume()
    await until(() => session.bufferedBytes < 100_000)
    t.equal(seen.gone, 0)
  },
)

t.test(
  'an agent that has enough to do leaves what comes next in the socket, and is not taken for cut off',
  async (t) => {
    const server = await listen(t, accept())
    let busy = false
    const { seen } = connect(t, server.port, { heartbeatSeconds: 0.1, congested: () => busy })
    await until(() => seen.ready.length === 1)
    const [peer] = server.peers as [Peer]
    const cancel = (id: number) =>
      peer.say({ type: 'command_cancel', payload: { command_id: `${id}-${'x'.repeat(100)}` } })
    busy = true
    for (let each = 0; each < 10_000; each++) cancel(each)
    await new Promise((resolve) => setTimeout(resolve, 1500))
    t.ok(seen.messages.length > 0 && seen.messages.length < 5000, `${seen.messages.length} were taken`)
    t.equal(seen.gone, 0)
    busy = false
    await until(() => seen.messages.length === 10_000)
    t.equal(seen.gone, 0)
  },
)
