import { randomUUID } from 'node:crypto'
import type { CommandPayload } from 'gururmm-agent/protocol'
import { canonicalJson, MAX_FRAME_BYTES, MESSAGES } from 'gururmm-agent/protocol'
import { Hono, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { HTTPException } from 'hono/http-exception'
import type { AgentRecord } from './agents.ts'
import { addApprovalRoutes } from './approvals.ts'
import { createCheck } from './check.ts'
import { type CommandRecord, hasEnded } from './command.ts'
import { newsStream } from './news-stream.ts'
import { addProfileRoutes } from './profiles.ts'
import { addQueryRoutes } from './query-api.ts'
import { type Env, fail, findCommand } from './requests.ts'
import type { ServerContext } from './session.ts'
import type { OperatorCredential } from './tokens.ts'

/** A command as an operator asks for it: the wire's payload, its `id` optional, `requested_by` from the operator's token. */
export type NewCommand = Pick<
  CommandPayload,
  'command_type' | 'command' | 'timeout_seconds' | 'elevated' | 'expires_at'
> & {
  readonly id?: string
}

const MAX_PENDING = 1000

const { requested_by: _, ...askable } = MESSAGES.command.schema.properties
const checkNewCommand = createCheck({
  type: 'object',
  additionalProperties: false,
  required: ['command_type'],
  properties: askable,
})

/** The HTTP API; see README.md for its routes. Every answer is JSON, also a refusal: `{ "error": "one sentence" }`. */
export function createApi(context: ServerContext): Hono<Env> {
  const { agents, store } = context
  const api = new Hono<Env>()
  api.use('/api/*', operatorsOnly(context))
  api.use('/api/*', bodyLimit({ maxSize: MAX_FRAME_BYTES, onError: () => fail(413, 'the body is over 1 MiB') }))

  api.get('/api/agents', (c) => c.json({ agents: agents.list().map(viewAgent) }))
  api.get('/api/agents/:id', (c) => {
    const agent = agents.get(c.req.param('id')) ?? fail(404, 'no such agent')
    return c.json({ ...viewAgent(agent), strayResults: agent.strayResults })
  })
  api.post('/api/agents/:id/commands', async (c) => {
    const agent = agents.get(c.req.param('id')) ?? fail(404, 'no such agent')
    const body: unknown = await c.req.json().catch(() => fail(400, 'expected a body of JSON'))
    const { command, created } = await addCommand(context, agent, body, c.get('operator'))
    return c.json(command, created ? 201 : 200)
  })
  api.get('/api/commands', (c) => c.json({ commands: store.commands(c.req.query('agent')).map(summarise) }))
  api.get('/api/commands/:id', (c) => c.json(findCommand(context, c.req.param('id'))))
  addQueryRoutes(api, context)
  addProfileRoutes(api, context)
  addApprovalRoutes(api, context)
  api.get('/api/commands/:id/events', (c) => {
    const command = findCommand(context, c.req.param('id'))
    return c.body(newsStream(store.news, command), 200, {
      'content-type': 'application/x-ndjson',
      'cache-control': 'no-store',
    })
  })
  api.post('/api/commands/:id/cancel', async (c) => {
    const command = findCommand(context, c.req.param('id'))
    await cancel(context, command)
    return c.json(command, hasEnded(command) ? 200 : 202)
  })
  api.notFound((c) => c.json({ error: 'no such route' }, 404))
  api.onError((error, c) => {
    if (error instanceof HTTPException) return c.json({ error: error.message }, error.status)
    context.logger.warn({ err: error }, 'request failed')
    return c.json({ error: 'the server could not save or answer this; its log has the cause' }, 503)
  })
  return api
}

function operatorsOnly({ tokens }: ServerContext): MiddlewareHandler<Env> {
  return async (c, next) => {
    c.header('x-content-type-options', 'nosniff')
    const operator = tokens.findOperator(c.req.header('authorization'))
    if (operator === undefined) {
      c.header('www-authenticate', 'Bearer')
      return c.json({ error: 'expected an operator’s token as `Authorization: Bearer`' }, 401)
    }
    c.set('operator', operator)
    return next()
  }
}

/** Takes a command and sends it where the agent is online. The same id with the same content is the same command. */
async function addCommand(
  context: ServerContext,
  agent: AgentRecord,
  body: unknown,
  operator: OperatorCredential,
): Promise<{ command: CommandRecord; created: boolean }> {
  const { store } = context
  const payload = payloadOf(body, operator)
  const known = store.command(payload.id)
  if (known !== undefined) {
    const same = known.agentId === agent.id && canonicalJson(known.payload) === canonicalJson(payload)
    return same ? { command: known, created: false } : fail(409, 'this id belongs to another command')
  }
  const pending = store.commands(agent.id).filter((command) => !hasEnded(command))
  if (pending.length >= MAX_PENDING) fail(429, `${MAX_PENDING} commands of this agent have not ended`)
  await store.record({ event: 'created', at: new Date().toISOString(), agentId: agent.id, payload })
  const command = findCommand(context, payload.id)
  await agent.session?.deliver(command)
  return { command, created: true }
}

/** The spec's five fields always, ours where they are set. */
function payloadOf(body: unknown, { user, role }: OperatorCredential): CommandPayload {
  const problem = checkNewCommand(body)
  if (problem !== null) fail(400, `the command is not valid: ${problem}`)
  const { id = randomUUID(), command_type, command, timeout_seconds = null, elevated, expires_at } = body as NewCommand
  if (expires_at != null && Number.isNaN(Date.parse(expires_at))) fail(400, 'expected an RFC 3339 time in expires_at')
  const payload = {
    ...{ id, command_type, command: command ?? '', timeout_seconds, elevated: elevated ?? false },
    requested_by: { user, role },
    ...(expires_at == null ? {} : { expires_at }),
  }
  const frame = JSON.stringify({ type: 'command', payload })
  if (Buffer.byteLength(frame) > MAX_FRAME_BYTES) fail(413, 'the command’s frame is over 1 MiB, which no agent takes')
  return payload
}

/** Withdraws what was never sent; asks the agent for the rest, now or when it comes back. May be repeated. */
async function cancel({ store, agents }: ServerContext, command: CommandRecord): Promise<void> {
  if (hasEnded(command)) return
  const at = new Date().toISOString()
  if (command.status === 'waiting') {
    return store.record({ event: 'withdrawn', at, id: command.id, reason: 'cancelled' })
  }
  const session = agents.get(command.agentId)?.session
  if (session?.capabilities.has('command_cancel') === false) fail(409, 'this agent cannot cancel')
  await store.record({ event: 'cancelled', at, id: command.id })
  await session?.deliver(command)
}

function viewAgent({ session, strayResults, ...agent }: AgentRecord): object {
  const online = session !== null
  return { ...agent, online, capabilities: online ? [...session.capabilities] : [], strayCount: strayResults.length }
}

/** Without the output, which may be megabytes. */
function summarise({ result, payload, ...command }: CommandRecord): object {
  const type = typeof payload.command_type === 'string' ? payload.command_type : Object.keys(payload.command_type)[0]
  return { ...command, type, exitCode: result?.exit_code ?? null }
}
