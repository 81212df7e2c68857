import type { IncomingMessage } from 'node:http'

/** Why there is no connection. */
export interface Outage {
  /** `refused`: the server said no and will hardly change its mind; the retry is slow and said loudly. */
  readonly kind: 'failed' | 'refused'
  /** Of Node or ws, or `HTTP_<status>`, `CLOSE_<code>`, `AUTH_FAILED`, `PEER_DEAD`, `CONNECT_TIMEOUT`. */
  readonly code: string
  readonly message: string
}

/** The server answered the upgrade request with something else than an upgrade. */
export function outageOfResponse({ statusCode = 0, headers }: Pick<IncomingMessage, 'statusCode' | 'headers'>): Outage {
  const kind = statusCode === 401 || statusCode === 403 ? 'refused' : 'failed'
  const via = headers.via === undefined ? '' : ` (through a proxy: ${quote(headers.via)})`
  return { kind, code: `HTTP_${statusCode}`, message: `expected a WebSocket, the server answered ${statusCode}${via}` }
}

/** The connection could not be made, or broke. */
export function outageOfError(error: Error & { readonly code?: string }): Outage {
  return { kind: 'failed', code: error.code ?? 'ERROR', message: error.message || 'the connection failed' }
}

/** The connection was closed. */
export function outageOfClose(closeCode: number, reason: string): Outage {
  const code = `CLOSE_${closeCode}`
  if (closeCode === 1006) return { kind: 'failed', code, message: 'the connection broke without a close' }
  const said = reason === '' ? '' : `, saying ${quote(reason)}`
  const kind = closeCode === 1008 ? 'refused' : 'failed'
  return { kind, code, message: `the server closed the connection with ${closeCode}${said}` }
}

/** Foreign text goes to logs and terminals: short, and in one line. */
function quote(text: string): string {
  return JSON.stringify(text.slice(0, 120))
}
