import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type Answer, KEPT_CHARACTERS } from './peer.ts'

/**
 * Exec channels over one SSH connection that an OpenSSH client holds open: the "proxy" mode of its control socket (PROTOCOL.mux of
 * OpenSSH), in which whoever connects speaks SSH's connection protocol (RFC 4254) itself. By hand, since the client of npm compiles
 * native code at every install, and starting `ssh` for each command would measure that start: four times the rest.
 */
export interface SshChannels {
  run(line: string): Promise<Answer>
  close(): void
}

const MUX = { hello: 1, version: 4, proxy: 0x1000000f, proxyOk: 0x8000000f } as const
const MESSAGE = { open: 90, opened: 91, notOpened: 92, data: 94, close: 97, request: 98 } as const

/** Never to be asked for more: larger than all that a command writes here. */
const WINDOW_BYTES = 0x7fffffff
const PACKET_BYTES = 32_768

interface Channel {
  readonly line: string
  readonly settle: PromiseWithResolvers<Answer>
  remote: number
  exitCode: number | null
  stdout: string
  bytes: number
}

/** @param controlSocket of an `ssh -o ControlMaster=yes` that is connected. */
export async function openChannels(controlSocket: string): Promise<SshChannels> {
  const socket = connect(controlSocket)
  await once(socket, 'connect')
  const channels = new Map<number, Channel>()
  const ready = Promise.withResolvers<void>()
  let next = 0
  let receive = (packet: Buffer): void => {
    const type = packet.readUInt32BE(0)
    if (type === MUX.hello) return
    if (type !== MUX.proxyOk) ready.reject(new Error('the SSH client does not let others use its connection'))
    receive = (message) => takeMessage(socket, channels, message)
    ready.resolve()
  }
  readPackets(socket, (packet) => receive(packet))
  socket.write(Buffer.concat([frame(uint32(MUX.hello), uint32(MUX.version)), frame(uint32(MUX.proxy), uint32(0))]))
  socket.on('close', () => {
    for (const { settle } of channels.values()) settle.reject(new Error('the SSH connection ended'))
  })
  await ready.promise
  return {
    run(line) {
      const settle = Promise.withResolvers<Answer>()
      const own = next++
      channels.set(own, { line, settle, remote: 0, exitCode: null, stdout: '', bytes: 0 })
      const sizes = [uint32(own), uint32(WINDOW_BYTES), uint32(PACKET_BYTES)]
      socket.write(message(MESSAGE.open, text('session'), ...sizes))
      return settle.promise
    },
    close: () => socket.destroy(),
  }
}

function takeMessage(socket: Socket, channels: Map<number, Channel>, packet: Buffer): void {
  // Behind a byte of padding length, which is zero here.
  const type = packet.readUInt8(1)
  const own = packet.readUInt32BE(2)
  const channel = channels.get(own)
  if (channel === undefined) return
  if (type === MESSAGE.opened) {
    channel.remote = packet.readUInt32BE(6)
    const noReply = Buffer.from([0])
    socket.write(message(MESSAGE.request, uint32(channel.remote), text('exec'), noReply, text(channel.line)))
  } else if (type === MESSAGE.data) {
    channel.bytes += packet.readUInt32BE(6)
    if (channel.stdout.length < KEPT_CHARACTERS) channel.stdout += packet.toString('utf8', 10, 10 + KEPT_CHARACTERS)
  } else if (type === MESSAGE.request) {
    channel.exitCode = exitStatusOf(packet) ?? channel.exitCode
  } else if (type === MESSAGE.notOpened) {
    channels.delete(own)
    channel.settle.reject(new Error('the SSH server refused a channel'))
  } else if (type === MESSAGE.close) {
    channels.delete(own)
    socket.write(message(MESSAGE.close, uint32(channel.remote)))
    const { exitCode, stdout, bytes } = channel
    channel.settle.resolve({ exitCode, stdout, bytes })
  }
}

function exitStatusOf(packet: Buffer): number | undefined {
  const nameLength = packet.readUInt32BE(6)
  const name = packet.toString('latin1', 10, 10 + nameLength)
  return name === 'exit-status' ? packet.readUInt32BE(11 + nameLength) : undefined
}

/** Cuts the stream at its lengths. */
function readPackets(socket: Socket, take: (packet: Buffer) => void): void {
  let held: Buffer = Buffer.alloc(0)
  socket.on('data', (bytes: Buffer) => {
    held = held.length === 0 ? bytes : Buffer.concat([held, bytes])
    while (held.length >= 4 && held.length >= 4 + held.readUInt32BE(0)) {
      const end = 4 + held.readUInt32BE(0)
      take(held.subarray(4, end))
      held = held.subarray(end)
    }
  })
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function text(value: string): Buffer {
  return Buffer.concat([uint32(Buffer.byteLength(value)), Buffer.from(value)])
}

function frame(...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([uint32(body.length), body])
}

function message(type: number, ...parts: readonly Buffer[]): Buffer {
  return frame(Buffer.from([0, type]), ...parts)
}
