/**
 * The least code that does an agent's job: a WebSocket, JSON, one `sh -c` for each command. No checks, no limits, no log, no
 * record, nothing ended that hangs. What the real agent costs is told against this.
 *
 * @module
 */
import { spawn } from 'node:child_process'
import WebSocket from 'ws'

const socket = new WebSocket(process.argv[2] ?? '', { perMessageDeflate: false })
const send = (type: string, payload: object): void => socket.send(JSON.stringify({ type, payload }))

function run(id: string, command: string): void {
  const startedAt = performance.now()
  const child = spawn('/bin/sh', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (bytes: Buffer) => out.push(bytes))
  child.stderr.on('data', (bytes: Buffer) => err.push(bytes))
  child.on('close', (code) => {
    const texts = { stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }
    send('command_result', { command_id: id, exit_code: code, ...texts, duration_ms: performance.now() - startedAt })
  })
}

socket.on('open', () => {
  send('auth', { agent_id: 'floor' })
  setInterval(() => send('heartbeat', { agent_id: 'floor' }), 1000 * Number(process.argv[3]))
})
socket.on('message', (data) => {
  const { type, payload } = JSON.parse(String(data))
  if (type === 'command') run(payload.id, payload.command)
})
socket.on('close', () => process.exit())
