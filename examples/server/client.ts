import type { AgentRecord } from './agents.ts'
import type { NewCommand } from './api.ts'
import type { Approval } from './approvals.ts'
import { type CommandRecord, hasEnded } from './command.ts'
import { linesOf } from './lines.ts'
import type { CommandNews } from './news.ts'
import type { StreamName } from './output.ts'
import type { SiteProfileView } from './profiles.ts'

/** Where a server's HTTP API is, and whose token to show. */
export interface ClientOptions {
  readonly url: string
  readonly token: string
}

/** An agent as the API shows it. */
export type AgentView = Omit<AgentRecord, 'session' | 'strayResults'> & {
  readonly online: boolean
  readonly strayCount: number
  readonly capabilities: readonly string[]
}

/** A page of an agent's history. */
export interface HistoryPage {
  readonly entries: readonly HistoryEntry[]
  /** Give it as `before` for the next page; null: there is none. */
  readonly next: number | null
}

/** A command as an agent's journal has it. */
export interface HistoryEntry {
  readonly command_id: string
  readonly type: string
  readonly state: string
  readonly user: string | null
  readonly received_at: string
  readonly exit_code: number | null
  readonly error_code: string | null
  readonly duration_ms: number | null
}

/** The HTTP API as functions. Each throws an Error with the server's sentence where it refuses. */
export interface Client {
  agents(): Promise<AgentView[]>
  send(agentId: string, command: NewCommand): Promise<CommandRecord>
  command(id: string): Promise<CommandRecord>
  cancel(id: string): Promise<CommandRecord>
  profile(site: string): Promise<SiteProfileView>
  setProfile(site: string, plugins: object): Promise<SiteProfileView>
  /** Questions of running commands that wait for a person. */
  approvals(): Promise<Approval[]>
  /** Throws where it is not open any more. */
  decide(approvalId: string, approved: boolean): Promise<Approval>
  /** What a command wrote to a stream until now, from a byte on, piece by piece. */
  output(id: string, stream?: StreamName, offset?: number): AsyncGenerator<string>
  /** Commands as the agent's own journal has them, newest first; `filters` as in the protocol's `query`. */
  history(agentId: string, filters?: Readonly<Record<string, string>>): Promise<HistoryPage>
  /** News of a command until it has ended; the last is the ended command. */
  follow(id: string, signal?: AbortSignal): AsyncGenerator<CommandNews>
  /** The command once it has ended. */
  ended(id: string, signal?: AbortSignal): Promise<CommandRecord>
}

export function createClient({ url, token }: ClientOptions): Client {
  async function request(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
    const response = await fetch(new URL(path, url), {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    })
    if (response.ok) return response
    const { error } = (await response.json().catch(() => ({}))) as { error?: string }
    throw new Error(`${method} ${path} was refused (${response.status}): ${error ?? 'no reason given'}.`)
  }
  const json = async <T>(response: Promise<Response>) => (await (await response).json()) as T
  const at = (collection: string, id: string) => `/api/${collection}/${encodeURIComponent(id)}`

  async function* follow(id: string, signal?: AbortSignal): AsyncGenerator<CommandNews> {
    const { body } = await request('GET', `${at('commands', id)}/events`, undefined, signal)
    const texts = (body ?? new ReadableStream()).pipeThrough(
      new TextDecoderStream() as TransformStream<Uint8Array, string>,
    )
    for await (const line of linesOf(texts)) if (line !== '') yield JSON.parse(line) as CommandNews
  }

  async function* output(id: string, stream: StreamName = 'stdout', offset = 0): AsyncGenerator<string> {
    const { body } = await request('GET', `${at('commands', id)}/output?stream=${stream}&offset=${offset}`)
    yield* (body ?? new ReadableStream()).pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)
  }

  return {
    agents: async () => (await json<{ agents: AgentView[] }>(request('GET', '/api/agents'))).agents,
    send: (agentId, command) => json(request('POST', `${at('agents', agentId)}/commands`, command)),
    command: (id) => json(request('GET', at('commands', id))),
    cancel: (id) => json(request('POST', `${at('commands', id)}/cancel`)),
    profile: (site) => json(request('GET', `${at('sites', site)}/profile`)),
    setProfile: (site, plugins) => json(request('PUT', `${at('sites', site)}/profile`, { plugins })),
    approvals: async () => (await json<{ approvals: Approval[] }>(request('GET', '/api/approvals'))).approvals,
    decide: (id, approved) => json(request('POST', `${at('approvals', id)}/${approved ? 'approve' : 'deny'}`)),
    output,
    history: (agentId, filters = {}) =>
      json(request('GET', `${at('agents', agentId)}/history?${new URLSearchParams(filters)}`)),
    follow,
    async ended(id, signal) {
      for await (const news of follow(id, signal)) {
        if (news.event === 'command' && hasEnded(news.command)) return news.command
      }
      throw new Error(`The server closed the news of command ${id} before it ended.`)
    },
  }
}
