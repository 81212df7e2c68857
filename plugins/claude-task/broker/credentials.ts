import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** Long-lived tokens of `claude setup-token` begin so; API and CLI take them another way than API keys. */
const OAUTH_TOKEN = /^sk-ant-oat/

/** The real key, and what the CLI holds in its place. */
export interface Credentials {
  /** The variable in which the CLI takes `token`. */
  readonly variable: 'ANTHROPIC_API_KEY' | 'CLAUDE_CODE_OAUTH_TOKEN'
  /** Random, of this task alone; worth nothing to anybody but the broker. */
  readonly token: string
  /** Whether a request brings the token. */
  isBorne(headers: IncomingHttpHeaders): boolean
  /** The header that carries the real key to the API. */
  readonly header: Readonly<Record<string, string>>
}

/**
 * Makes the credentials of one task.
 *
 * @param key content of `apiKeyFile`: an API key, or a token of `claude setup-token`.
 */
export function makeCredentials(key: string): Credentials {
  const isOauth = OAUTH_TOKEN.test(key)
  // The CLI tells the API, and itself, by the form of the token what kind it is.
  const token = `${isOauth ? 'sk-ant-oat01' : 'gururmm-task'}-${randomBytes(32).toString('base64url')}`
  const expected = Buffer.from(token)
  return {
    variable: isOauth ? 'CLAUDE_CODE_OAUTH_TOKEN' : 'ANTHROPIC_API_KEY',
    token,
    isBorne(headers) {
      const brought = isOauth ? headers.authorization?.replace(/^Bearer /, '') : headers['x-api-key']
      const given = Buffer.from(typeof brought === 'string' ? brought : '')
      return given.length === expected.length && timingSafeEqual(given, expected)
    },
    header: isOauth ? { authorization: `Bearer ${key}` } : { 'x-api-key': key },
  }
}
