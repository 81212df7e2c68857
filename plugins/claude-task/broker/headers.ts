import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'

/** Of one connection, not of what is said over it (RFC 9110, 7.6.1). */
const OF_THE_CONNECTION = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/** Ours to say. */
const OURS = ['host', 'authorization', 'x-api-key', 'cookie', 'expect', 'forwarded', 'x-forwarded-for']

/** What of the CLI's headers goes to the API, with the real key in the place of the token. */
export function headersToApi(
  headers: IncomingHttpHeaders,
  key: Readonly<Record<string, string>>,
): Readonly<OutgoingHttpHeaders> {
  return { ...without(headers, [...OF_THE_CONNECTION, ...OURS]), ...key }
}

/** What of the API's headers goes to the CLI. */
export function headersToCli(headers: IncomingHttpHeaders): Readonly<OutgoingHttpHeaders> {
  return without(headers, [...OF_THE_CONNECTION, 'set-cookie'])
}

function without(headers: IncomingHttpHeaders, names: readonly string[]): OutgoingHttpHeaders {
  const listed = String(headers.connection ?? '')
    .toLowerCase()
    .split(/\s*,\s*/)
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name) && !listed.includes(name)))
}
