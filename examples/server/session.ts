import type {
  AgentMessage,
  ApprovalRequestPayload,
  AuthPayload,
  Capability,
  CommandResultPayload,
  ServerMessage,
} from 'gururmm-agent/protocol'
import type { WebSocket } from 'ws'
import { type AgentDirectory, type AgentRecord, addStrayResult } from './agents.ts'
import type { Approvals } from './approvals.ts'
import { type CommandRecord, hasEnded } from './command.ts'
import type { decodeAgentFrame } from './frames.ts'
import type { SiteProfile } from './profiles.ts'
import { type AgentQueries, createQueries } from './queries.ts'
import type { Store } from './store.ts'
import { plainData, plainText } from './text.ts'
import type { Tokens } from './tokens.ts'

/** What all connections share. */
export interface ServerContext {
  readonly store: Store
  readonly agents: AgentDirectory
  readonly approvals: Approvals
  readonly tokens: Tokens
  readonly heartbeatSeconds: number
  readonly logger: { info(fields: object, message: string): void; warn(fields: object, message: string): void }
}

/** An agent that has said who it is. */
export interface Session {
  readonly capabilities: ReadonlySet<Capability>
  /** Answers `auth`, then sends what waited for the agent. */
  start(): Promise<void>
  handle(decoded: ReturnType<typeof decodeAgentFrame>): Promise<void>
  /** Sends a command where it is due: at first, or again because the agent has not acknowledged it. */
  deliver(command: CommandRecord): Promise<void>
  /** Asks the agent; see {@link AgentQueries.ask}. */
  ask: AgentQueries['ask']
  /** Sends what is taken away at the agent's site, where it knows such messages. */
  sendProfile(profile: SiteProfile): void
  /** Closes the connection; the agent may come back at once. */
  close(reason: string): void
  /** The connection is gone. */
  end(): void
}

interface State {
  readonly socket: WebSocket
  readonly agent: AgentRecord
  /** What both sides know. */
  readonly capabilities: ReadonlySet<Capability>
  readonly queries: AgentQueries
  readonly context: ServerContext
}

const OUR_CAPABILITIES: readonly Capability[] = [
  'command_ack',
  'command_progress',
  'command_result_ack',
  'command_cancel',
  'result_details',
  'query',
  'site_profile',
  'approvals',
  'error',
]
const CLOSE_REPLACED = 4001

/** The agent is online from here on; an older connection of it is closed. */
export function openSession(socket: WebSocket, auth: AuthPayload, site: string, context: ServerContext): Session {
  const { token: _, ...description } = auth
  const agent = context.agents.ensure(auth.agent_id, site)
  const capabilities = new Set(OUR_CAPABILITIES.filter((capability) => auth.capabilities?.includes(capability)))
  const queries = createQueries((payload) => send(socket, { type: 'query', payload }))
  const state: State = { socket, agent, capabilities, queries, context }
  const session: Session = {
    capabilities,
    start: () => start(state),
    handle: (decoded) => handle(state, decoded),
    deliver: (command) => deliver(state, command),
    ask: queries.ask,
    sendProfile(profile) {
      if (capabilities.has('site_profile')) send(socket, { type: 'site_profile', payload: { ...profile } })
    },
    close: (reason) => socket.close(CLOSE_REPLACED, reason),
    end() {
      queries.end()
      if (agent.session === session) {
        agent.session = null
        context.approvals.endAgent(agent.id)
      }
      context.logger.info({ agent: agent.id }, 'agent disconnected')
    },
  }
  agent.session?.close('replaced by a newer connection')
  Object.assign(agent, { session, connectedAt: now(), lastSeenAt: now(), description: plainData(description) })
  context.logger.info({ agent: agent.id, site }, 'agent connected')
  return session
}

async function start({ socket, agent, capabilities, context }: State): Promise<void> {
  const { heartbeatSeconds, store } = context
  const ack = {
    success: true,
    agent_id: agent.id,
    heartbeat_seconds: heartbeatSeconds,
    site_profile: store.profile(agent.site) ?? null,
  }
  send(socket, { type: 'auth_ack', payload: { ...ack, capabilities: [...capabilities] } })
  for (const command of store.commands(agent.id)) await agent.session?.deliver(command)
}

async function handle(state: State, decoded: ReturnType<typeof decodeAgentFrame>): Promise<void> {
  const { agent, context } = state
  agent.lastSeenAt = now()
  if ('message' in decoded) return takeMessage(state, decoded.message)
  agent.badFrames++
  context.logger.warn({ agent: agent.id, problem: plainText(decoded.problem) }, 'bad frame')
}

async function takeMessage(state: State, { type, payload }: AgentMessage): Promise<void> {
  const { agent, context } = state
  if (type === 'heartbeat') agent.heartbeat = plainData(payload)
  else if (type === 'error') context.logger.warn({ agent: agent.id, ...plainData(payload) }, 'agent reports an error')
  else if (type === 'site_profile_applied') agent.profileApplied = plainData(payload)
  else if (type === 'approval_request') takeApproval(state, payload)
  else if (type === 'query_result') state.queries.answered(payload)
  else if (type === 'command_result') await takeResult(state, payload)
  else if (type === 'command_ack' || type === 'command_progress') {
    const command = ownCommand(state, payload.command_id)
    if (command === undefined || hasEnded(command)) return
    if (type === 'command_progress') return context.store.news.progress(payload)
    const code = payload.code == null ? null : plainText(payload.code)
    await context.store.record({ event: 'acknowledged', at: now(), id: command.id, status: payload.status, code })
  }
}

/** Only about a command of ours that runs there: nobody is to approve what nobody asked for. */
function takeApproval(state: State, request: ApprovalRequestPayload): void {
  const { agent, context, socket } = state
  const command = ownCommand(state, request.command_id)
  if (command === undefined || hasEnded(command)) return
  context.approvals.open(agent.id, request, (payload) => send(socket, { type: 'approval_response', payload }))
  context.logger.info({ agent: agent.id, command: command.id, tool: plainText(request.tool) }, 'approval asked for')
}

async function takeResult(state: State, result: CommandResultPayload): Promise<void> {
  const { agent, context, socket, capabilities } = state
  const { store, logger } = context
  const command = ownCommand(state, result.command_id)
  context.approvals.endCommand(agent.id, result.command_id)
  if (command === undefined) {
    addStrayResult(agent, now(), result)
    logger.warn({ agent: agent.id, command: plainText(result.command_id) }, 'result of an unknown command')
  } else if (command.result === null) {
    await store.record({ event: 'finished', at: now(), id: command.id, result })
  }
  await store.saved() // once acknowledged, the agent forgets the output
  if (!capabilities.has('command_result_ack')) return
  send(socket, { type: 'command_result_ack', payload: { command_id: result.command_id } })
}

/** Another agent's command is unknown to this one. */
function ownCommand({ agent, context }: State, id: string): CommandRecord | undefined {
  const command = context.store.command(id)
  return command?.agentId === agent.id ? command : undefined
}

async function deliver({ socket, capabilities, context }: State, command: CommandRecord): Promise<void> {
  if (hasEnded(command)) return
  const isNew = command.status === 'waiting'
  if (isNew && hasExpired(command)) {
    return context.store.record({ event: 'withdrawn', at: now(), id: command.id, reason: 'expired' })
  }
  // Without acks a second delivery might run twice: such an agent gets each command once, and none where the server died in between
  if (isNew || (command.status === 'sent' && capabilities.has('command_ack'))) {
    await context.store.record({ event: 'sent', at: now(), id: command.id })
    send(socket, { type: 'command', payload: payloadFor(command, capabilities) })
  }
  if (command.cancelRequestedAt === null || !capabilities.has('command_cancel')) return
  send(socket, { type: 'command_cancel', payload: { command_id: command.id } })
}

function hasExpired({ payload }: CommandRecord): boolean {
  return payload.expires_at != null && Date.parse(payload.expires_at) <= Date.now()
}

/** What was added to the spec's message goes only to an agent that knows it. */
function payloadFor({ payload }: CommandRecord, capabilities: ReadonlySet<Capability>): CommandRecord['payload'] {
  if (capabilities.has('result_details')) return payload
  const { requested_by: _user, expires_at: _expiry, ...spec } = payload
  return spec
}

/** @internal */
export function send(socket: WebSocket, message: ServerMessage): void {
  socket.send(JSON.stringify(message), () => {}) // a failed send shows as a closed socket
}

function now(): string {
  return new Date().toISOString()
}
