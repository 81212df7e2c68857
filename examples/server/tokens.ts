import { createHash, timingSafeEqual } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { createCheck } from './check.ts'

/** Who may connect; the content of the tokens file. */
export interface TokensConfig {
  /** One token an agent, so that a stolen one opens one machine. */
  readonly agents: readonly {
    readonly token: string
    /** The agent that the token belongs to. Default: the first one that uses it. */
    readonly agentId?: string
    /** The site this agent is installed at. */
    readonly site: string
  }[]
  /** People and programs that may use the HTTP API. */
  readonly operators: readonly { readonly token: string; readonly user: string; readonly role?: string }[]
}

/** What a token stands for; the token itself is not kept. */
export interface AgentCredential {
  /** SHA-256 of the token. */
  readonly digest: Buffer
  readonly agentId: string | null
  readonly site: string
}

export interface OperatorCredential {
  readonly digest: Buffer
  readonly user: string
  readonly role: string | null
}

export interface Tokens {
  readonly agents: readonly AgentCredential[]
  /** Whom an `Authorization` header names; undefined: nobody. */
  findAgent(header: string | undefined): AgentCredential | undefined
  findOperator(header: string | undefined): OperatorCredential | undefined
}

const token = { type: 'string', minLength: 16, maxLength: 1024, pattern: '^\\S+$' } as const
const name = { type: 'string', minLength: 1, maxLength: 128 } as const
const list = (properties: object, required: readonly string[]) => ({
  type: 'array',
  items: { type: 'object', additionalProperties: false, required, properties },
})

const checkTokens = createCheck({
  type: 'object',
  additionalProperties: false,
  required: ['agents', 'operators'],
  properties: {
    agents: list({ token, agentId: name, site: name }, ['token', 'site']),
    operators: list({ token, user: name, role: name }, ['token', 'user']),
  },
})

/**
 * Reads a tokens file.
 *
 * @throws Error in one sentence where it cannot be read, others can read it, or it is not of {@link TokensConfig}'s shape.
 */
export async function readTokens(path: string): Promise<TokensConfig> {
  const { mode } = await stat(path)
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new Error(
      `Expected ${path} to be readable by its owner alone, found mode ${(mode & 0o777).toString(8)}: chmod 600 it.`,
    )
  }
  return JSON.parse(await readFile(path, 'utf8')) as TokensConfig
}

/** @throws Error where `config` is not of {@link TokensConfig}'s shape, or two entries share a token. */
export function createTokens(config: TokensConfig): Tokens {
  const problem = checkTokens(config)
  if (problem !== null) throw new Error(`The tokens are not valid: ${problem}.`)
  const all = [...config.agents, ...config.operators].map((entry) => entry.token)
  if (new Set(all).size !== all.length) throw new Error('Expected a token of its own in every entry, found one twice.')
  const agents = config.agents.map((entry) => ({
    digest: digestOf(entry.token),
    agentId: entry.agentId ?? null,
    site: entry.site,
  }))
  const operators = config.operators.map((entry) => ({
    digest: digestOf(entry.token),
    user: entry.user,
    role: entry.role ?? null,
  }))
  return {
    agents,
    findAgent: (header) => find(agents, header),
    findOperator: (header) => find(operators, header),
  }
}

/** Compares with every entry, also after a hit, so that the time taken tells nothing of the tokens. */
function find<T extends { readonly digest: Buffer }>(entries: readonly T[], header: string | undefined): T | undefined {
  const presented = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1]
  if (presented === undefined) return undefined
  const digest = digestOf(presented)
  return entries.filter((entry) => timingSafeEqual(entry.digest, digest))[0]
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
