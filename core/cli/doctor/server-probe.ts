import { readFile } from 'node:fs/promises'
import type { Check } from '@gururmm/plugin-sdk'
import WebSocket from 'ws'
import type { AgentConfig } from '../../config/index.ts'
import { connectionHint } from '../../hints/connection-hints.ts'
import { type Outage, outageOfError, outageOfResponse } from '../../link/outage.ts'

/** From the first packet to an open WebSocket, in ms, whatever happens between. */
const DEADLINE_MS = 20_000

/**
 * Tries the upgrade that the agent makes, with its token, and hangs up without a word: to the server no second agent has come.
 */
export async function probeServer(
  server: AgentConfig['server'],
  token: string,
  deadlineMs = DEADLINE_MS,
): Promise<Check> {
  const name = 'reachable'
  const ca = server.tls.caFile === null ? undefined : await readFile(server.tls.caFile).catch((error: Error) => error)
  if (ca instanceof Error) return { name, ok: false, message: `server.tls.caFile cannot be read: ${ca.message}.` }
  const outage = await upgrade(server.url, token, ca, deadlineMs)
  if (outage === null) return { name, ok: true, message: `${server.url} takes the token and opens a WebSocket` }
  const hint = connectionHint(outage.code)
  return {
    name,
    ok: false,
    message: `${server.url}: ${outage.message} (${outage.code})${hint === undefined ? '' : `; ${hint}`}`,
  }
}

function upgrade(url: string, token: string, ca: Buffer | undefined, deadlineMs: number): Promise<Outage | null> {
  const { promise, resolve } = Promise.withResolvers<Outage | null>()
  const socket = new WebSocket(url, {
    headers: { authorization: `Bearer ${token}` },
    perMessageDeflate: false,
    followRedirects: false,
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca }),
  })
  const late: Outage = {
    kind: 'failed',
    code: 'CONNECT_TIMEOUT',
    message: `no WebSocket within ${deadlineMs / 1000} s`,
  }
  // A deadline of our own: that of ws begins anew with each byte, so a server that trickles would hold us
  const timer = setTimeout(() => resolve(late), deadlineMs)
  socket.on('open', () => resolve(null))
  socket.on('unexpected-response', (_request, response) => resolve(outageOfResponse(response)))
  socket.on('error', (error) => resolve(outageOfError(error)))
  return promise.finally(() => {
    clearTimeout(timer)
    socket.terminate()
  })
}
