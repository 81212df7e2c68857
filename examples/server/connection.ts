import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import { decodeAgentFrame } from './frames.ts'
import { openSession, type ServerContext, type Session, send } from './session.ts'
import type { AgentCredential } from './tokens.ts'

const AUTH_SECONDS = 10
const MISSED_HEARTBEATS = 3
const MAX_WAITING_FRAMES = 64
/** Policy violation: an agent takes it for permanent and retries slowly. */
const CLOSE_REFUSED = 1008

/** Serves one connection from the upgrade to its end: `auth` first, then one message after the other. */
export function serveAgent(
  socket: WebSocket,
  stream: Socket,
  credential: AgentCredential,
  context: ServerContext,
): void {
  let session: Session | undefined
  const refuse = (message: string) => {
    context.logger.warn({ site: credential.site }, `agent refused: ${message}`)
    send(socket, { type: 'auth_ack', payload: { success: false, message } })
    socket.close(CLOSE_REFUSED)
  }
  const authDeadline = setTimeout(() => refuse(`expected auth within ${AUTH_SECONDS} s`), AUTH_SECONDS * 1000)
  const stopWatching = closeWhenSilent(socket, stream, context.heartbeatSeconds)

  async function handle(data: Buffer, isBinary: boolean): Promise<void> {
    const decoded = decodeAgentFrame(data, isBinary)
    if (session !== undefined) return session.handle(decoded)
    if (socket.readyState !== socket.OPEN) return
    if ('problem' in decoded || decoded.message.type !== 'auth') return refuse('expected auth as the first message')
    clearTimeout(authDeadline)
    const { payload } = decoded.message
    const problem = await claimAgent(payload.agent_id, credential, context)
    if (problem !== null) return refuse(problem)
    if (socket.readyState !== socket.OPEN) return
    session = openSession(socket, payload, credential.site, context)
    await session.start()
  }

  handleInOrder(socket, handle, (error) => {
    context.logger.warn({ err: error }, 'connection ended: a message could not be handled')
    socket.terminate() // the agent comes back and sends again what was not acknowledged
  })
  socket.on('error', (error) => context.logger.warn({ err: error }, 'connection failed'))
  socket.on('close', () => {
    clearTimeout(authDeadline)
    stopWatching()
    session?.end()
  })
}

/** Lets a token speak for its own agent alone; one without an agent is bound to the first that uses it. Null: it may. */
async function claimAgent(
  agentId: string,
  credential: AgentCredential,
  context: ServerContext,
): Promise<string | null> {
  if (!/^[!-~]{1,128}$/.test(agentId)) return 'expected an agent_id of 1 to 128 printable ASCII characters'
  const { store, tokens } = context
  const ownerOf = ({ agentId: named, digest }: AgentCredential) => named ?? store.boundAgent(digest.toString('hex'))
  const own = ownerOf(credential)
  if (own !== undefined) return own === agentId ? null : 'this token belongs to another agent'
  if (tokens.agents.some((other) => ownerOf(other) === agentId)) return 'this agent has another token'
  await store.record({
    event: 'bound',
    at: new Date().toISOString(),
    digest: credential.digest.toString('hex'),
    agentId,
  })
  return null
}

/** One frame at a time, though handling one waits for the disk; the socket is paused while many wait. */
function handleInOrder(
  socket: WebSocket,
  handle: (data: Buffer, isBinary: boolean) => Promise<void>,
  onError: (error: unknown) => void,
): void {
  let waiting = 0
  let last = Promise.resolve()
  socket.on('message', (data, isBinary) => {
    if (++waiting === MAX_WAITING_FRAMES) socket.pause()
    last = last
      .then(() => handle(data as Buffer, isBinary))
      .catch(onError)
      .then(() => {
        if (--waiting === 0) socket.resume()
      })
  })
}

/**
 * Ends a connection from which nothing came for three heartbeats. Bytes count, not messages: a large result on a slow line is a sign of
 * life long before it is a message. The pings get an answer from agents that send no heartbeats.
 */
function closeWhenSilent(socket: WebSocket, stream: Socket, heartbeatSeconds: number): () => void {
  let bytes = stream.bytesRead
  let missed = 0
  const timer = setInterval(() => {
    missed = stream.bytesRead === bytes ? missed + 1 : 0
    bytes = stream.bytesRead
    if (missed >= MISSED_HEARTBEATS) socket.terminate()
    else socket.ping()
  }, heartbeatSeconds * 1000)
  return () => clearInterval(timer)
}
