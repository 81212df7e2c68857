import type { Test } from 'tap'
import { type Client, createClient } from '../../examples/server/client.ts'
import { createServer, type ReferenceServer, type ServerOptions } from '../../examples/server/server.ts'

export const AGENT_TOKEN = 'agent-1-token-0123456789'
export const OTHER_AGENT_TOKEN = 'agent-2-token-0123456789'
export const OPERATOR_TOKEN = 'operator-token-0123456789'

export const TOKENS = {
  agents: [
    { token: AGENT_TOKEN, agentId: 'agent-1', site: 'main-office' },
    { token: OTHER_AGENT_TOKEN, agentId: 'agent-2', site: 'clinic' },
  ],
  operators: [{ token: OPERATOR_TOKEN, user: 'olga', role: 'technician' }],
}

/** A reference server that knows two agents and one operator, and ends with the test. */
export async function startReferenceServer(
  t: Test,
  options: Partial<ServerOptions> = {},
): Promise<ReferenceServer & { client: Client }> {
  const server = await createServer({ tokens: TOKENS, ...options })
  let closing: Promise<void> | undefined
  const close = () => (closing ??= server.close())
  t.teardown(close)
  return { ...server, close, client: createClient({ url: server.httpUrl, token: OPERATOR_TOKEN }) }
}
