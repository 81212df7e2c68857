import type { IncomingMessage } from 'node:http'

/** Why there is no connection. */
export interface Outage {
  /** `refused`: the server said no and will hardly change its mind; the retry is slow and said loudly. */
  readonly kind: 'failed' | 'refused'
  /** One sentence, with a hint where one is known. */
  readonly message: string
  /** A Node or ws error code, where there is one. */
  readonly code?: string
}

/** The only place that decides whether a failed connection is worth an early retry: statuses and close codes. */
export function isRefusal(status: { readonly httpStatus?: number; readonly closeCode?: number }): boolean {
  return status.httpStatus === 401 || status.httpStatus === 403 || status.closeCode === 1008
}

/** The server answered the upgrade request with something else than an upgrade. */
export function outageOfResponse(response: Pick<IncomingMessage, 'statusCode' | 'headers'>): Outage {
  const status = response.statusCode ?? 0
  const kind = isRefusal({ httpStatus: status }) ? 'refused' : 'failed'
  const via = response.headers.via === undefined ? '' : ` (a proxy answered: Via ${quote(response.headers.via)})`
  return {
    kind,
    code: `HTTP_${status}`,
    message: `the server answered ${status} instead of opening a WebSocket${via}; ${hintOfStatus(status)}`,
  }
}

/** The connection could not be made, or broke. */
export function outageOfError(error: Error & { readonly code?: string }): Outage {
  const code = error.code
  const hint = code === undefined ? undefined : HINTS[code]
  return {
    kind: 'failed',
    message: `${error.message || 'the connection failed'}${hint === undefined ? '' : `; ${hint}`}`,
    ...(code === undefined ? {} : { code }),
  }
}

/** The connection was closed. */
export function outageOfClose(closeCode: number, reason: string): Outage {
  const said = reason === '' ? '' : `, saying ${quote(reason)}`
  const kind = isRefusal({ closeCode }) ? 'refused' : 'failed'
  const how =
    closeCode === 1006 ? 'the connection broke without a close' : `the server closed the connection with ${closeCode}`
  return { kind, code: `CLOSE_${closeCode}`, message: `${how}${said}` }
}

function hintOfStatus(status: number): string {
  if (status === 401) return 'it does not know the token: check server.tokenFile'
  if (status === 403) return 'it knows the token but does not let this agent in'
  if (status === 404) return 'check the path in server.url'
  if (status >= 300 && status < 400) return 'redirects are not followed: put the final address into server.url'
  if (status === 407) return 'a proxy between wants a login'
  if (status >= 500) return 'it has trouble of its own, or a proxy before it has lost it'
  return 'check that server.url is the agents’ WebSocket address'
}

const HINTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: is the server up, and the port in server.url right?',
  ENOTFOUND: 'the name does not exist: check the host in server.url and this machine’s DNS',
  EAI_AGAIN: 'the name could not be looked up: check this machine’s DNS',
  ETIMEDOUT: 'no answer: a firewall may swallow the packets',
  EHOSTUNREACH: 'no route to the host: check this machine’s network',
  ENETUNREACH: 'no network: check this machine’s connection',
  ECONNRESET: 'the other side cut the connection: a proxy, or a server that expects TLS (wss://)?',
  EPROTO: 'TLS could not be agreed: does the server speak TLS at this port?',
  CERT_HAS_EXPIRED: 'the server’s certificate has expired: renew it, and check this machine’s clock',
  CERT_NOT_YET_VALID: 'the server’s certificate is not valid yet: check this machine’s clock',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another name: check the host in server.url',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate signed itself: name its file in server.tls.caFile',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate’s authority is not known here: name its file in server.tls.caFile',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate’s authority is not known here: name its file in server.tls.caFile',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'the certificate’s authority is not known here: name its file in server.tls.caFile',
}

/** Foreign text goes to logs and terminals: short, and in one line. */
function quote(text: string): string {
  return JSON.stringify(text.slice(0, 120))
}
