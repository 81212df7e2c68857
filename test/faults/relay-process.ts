/** Passes TCP through: `relay-process.ts TO_PORT PORT`; tells its parent the port it listens on. Ends with its parent. */
import { type AddressInfo, connect, createServer } from 'node:net'

const [to, port] = process.argv.slice(2).map(Number) as [number, number]
const server = createServer((socket) => {
  const other = connect(to, '127.0.0.1')
  socket.pipe(other).pipe(socket)
  for (const [one, peer] of [
    [socket, other],
    [other, socket],
  ] as const) {
    one.on('error', () => {}).on('close', () => peer.destroy())
  }
})
server.listen(port, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit())
