import type { ConfigProblem } from './problems.ts'
import type { AgentConfig } from './schema.ts'

type Finding = Pick<ConfigProblem, 'path' | 'expected' | 'found' | 'message'>

/** What no single key can tell: rules between keys. */
export function checkRules({ server, limits }: AgentConfig): readonly Finding[] {
  const { minSeconds, maxSeconds } = server.reconnect
  const { defaultTimeoutSeconds, maxTimeoutSeconds } = limits
  return [
    ...(isInsecure(server) ? [insecure(server.url)] : []),
    ...notAbove('server.reconnect.minSeconds', minSeconds, 'server.reconnect.maxSeconds', maxSeconds),
    ...notAbove('limits.defaultTimeoutSeconds', defaultTimeoutSeconds, 'limits.maxTimeoutSeconds', maxTimeoutSeconds),
  ]
}

function isInsecure({ url, allowInsecure }: AgentConfig['server']): boolean {
  return !allowInsecure && new URL(url).protocol === 'ws:' && !isLoopback(new URL(url).hostname)
}

/**
 * Literals only: any other name can be made to resolve to this machine for the check and to another for the connection. `localhost` is
 * excepted, because resolvers must keep it here (RFC 6761).
 */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

function insecure(url: string): Finding {
  const expected = 'a `wss://` address'
  const remedy = 'use `wss://`, or set `server.allowInsecure` to send the token and every command in the clear'
  const message = `server.url must be ${expected} beyond this machine, not ${JSON.stringify(url)}; ${remedy}`
  return { path: 'server.url', expected, found: url, message }
}

function notAbove(path: string, value: number, maxPath: string, max: number): Finding[] {
  if (value <= max) return []
  const expected = `at most ${maxPath} (${max})`
  return [{ path, expected, found: String(value), message: `${path} must be ${expected}, not ${value}` }]
}
