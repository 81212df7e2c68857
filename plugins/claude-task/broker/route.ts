import { readFile } from 'node:fs/promises'
import * as http from 'node:http'
import * as https from 'node:https'
import { isIP } from 'node:net'
import { getCACertificates } from 'node:tls'
import { CommandError } from '@gururmm/plugin-sdk'

/** How the broker reaches the API. */
export interface Route {
  /** Where requests go; its path is put before theirs. */
  readonly url: URL
  readonly request: typeof http.request
  /** Keeps connections open, goes through the proxy where the config names one. */
  readonly agent: http.Agent
}

const PUBLIC_API = 'https://api.anthropic.com'

/** Variables of the config that say how the API is reached. They are the broker's; the CLI gets none of them. */
export const ROUTE_VARIABLES = [
  'ANTHROPIC_BASE_URL',
  'HTTPS_PROXY',
  'https_proxy',
  'HTTP_PROXY',
  'http_proxy',
  'NO_PROXY',
  'no_proxy',
  'NODE_EXTRA_CA_CERTS',
] as const

/** The first releases whose own agents go through a proxy. */
const PROXY_SINCE: Readonly<Record<number, number>> = { 22: 21, 24: 5 }

/**
 * The way to the API that the config's variables describe.
 *
 * @throws CommandError `CLAUDE_ROUTE_INVALID` (refused).
 */
export async function routeFor(
  variables: Readonly<Record<string, string | undefined>>,
  nodeVersion: string = process.versions.node,
): Promise<Route> {
  const url = baseUrl(variables.ANTHROPIC_BASE_URL || PUBLIC_API)
  const proxies = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].filter((name) => variables[name])
  if (proxies.length > 0 && !knowsProxies(nodeVersion)) {
    throw invalid(
      `${proxies[0]} needs an agent on Node.js 22.21, 24.5 or newer, and this is ${nodeVersion}: update Node.js, or take the proxy out.`,
    )
  }
  const options = { keepAlive: true, ...(proxies.length > 0 && { proxyEnv: proxyVariables(variables) }) }
  if (url.protocol === 'http:') return { url, request: http.request, agent: new http.Agent(options) }
  const ca = await certificates(variables.NODE_EXTRA_CA_CERTS)
  return { url, request: https.request, agent: new https.Agent({ ...options, ...(ca && { ca: [...ca] }) }) }
}

function baseUrl(text: string): URL {
  const url = URL.parse(text)
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.search !== '' || url.username !== '') {
    throw invalid(`ANTHROPIC_BASE_URL must be an http or https URL without user and query: mend it.`)
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw invalid('ANTHROPIC_BASE_URL must be https, or the key would cross the network in plain sight: mend it.')
  }
  return url
}

/** A name is none, whatever it resolves to. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || (isIP(host) === 4 && host.startsWith('127.'))
}

function knowsProxies(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 24 || minor >= (PROXY_SINCE[major] ?? Number.POSITIVE_INFINITY)
}

function proxyVariables(variables: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => /_proxy$/i.test(name)))
}

async function certificates(file: string | undefined): Promise<readonly string[] | undefined> {
  if (!file) return undefined
  try {
    return [...getCACertificates('default'), await readFile(file, 'utf8')]
  } catch (cause) {
    throw invalid(`NODE_EXTRA_CA_CERTS names ${JSON.stringify(file)}, which cannot be read: mend it.`, cause)
  }
}

function invalid(message: string, cause?: unknown): CommandError {
  const rule = 'plugins.claude_task.config.environment'
  return new CommandError('CLAUDE_ROUTE_INVALID', `In ${rule}, ${message}`, { refused: true, rule, cause })
}
