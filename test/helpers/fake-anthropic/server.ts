import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { sendError, sendMessage, streamMessage } from './reply.ts'
import { type MessagesRequest, pickStep, type Scenarios, type Step } from './scenarios.ts'

/** One request as the server saw it. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  /** What came as `x-api-key`, or as a bearer token. */
  readonly key: string | null
  /** Parsed; null where it is no JSON. */
  readonly body: MessagesRequest | null
  /** The body as it came, to search it. */
  readonly raw: string
  /** The scenario that answered it. */
  scenario?: string
}

/** A running stand-in for the Messages API. */
export interface FakeAnthropic {
  /** For `ANTHROPIC_BASE_URL`. */
  readonly url: string
  /** Oldest first; the last 1,000. */
  readonly requests: readonly SeenRequest[]
  close(): Promise<void>
}

const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  529: 'overloaded_error',
}

/**
 * Starts a stand-in for Anthropic's Messages API on 127.0.0.1, so that the real Claude Code CLI runs with no account and no network.
 * A marker in the prompt chooses what the "model" does: see README.md beside this file.
 */
export async function startFakeAnthropic(
  options: { port?: number; scenarios?: Scenarios } = {},
): Promise<FakeAnthropic> {
  const requests: SeenRequest[] = []
  const answer = makeAnswerer(options.scenarios ?? {})
  const server = createServer(async (req, res) => {
    const seen = await readRequest(req)
    if (requests.push(seen) > 1000) requests.shift()
    await answer(req, res, seen)
  })
  server.requestTimeout = 0
  await new Promise<void>((done, fail) => server.once('error', fail).listen(options.port ?? 0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

async function readRequest(req: IncomingMessage): Promise<SeenRequest> {
  const parts: Buffer[] = []
  for await (const part of req) parts.push(part)
  const raw = Buffer.concat(parts).toString('utf8')
  const { 'x-api-key': apiKey, authorization } = req.headers
  const key = typeof apiKey === 'string' ? apiKey : (authorization?.replace(/^Bearer /, '') ?? null)
  return { method: req.method ?? '', path: req.url ?? '', key, body: parse(raw), raw }
}

function parse(raw: string): MessagesRequest | null {
  try {
    return JSON.parse(raw)
  } catch {
    return null
  }
}

function makeAnswerer(scenarios: Scenarios) {
  /** How often a step's error was sent, for `times`: the one thing a conversation does not tell. */
  const failures = new Map<string, number>()

  async function answerMessages(req: IncomingMessage, res: ServerResponse, seen: SeenRequest): Promise<void> {
    if (!seen.body) return sendError(res, 400, 'invalid_request_error', 'The body is not JSON.')
    const { name, turn, step } = pickStep(seen.body, scenarios)
    seen.scenario = name
    if (step.delay) await sleep(step.delay)
    if (step.hang) return
    if (step.raw) {
      res.writeHead(step.raw.status ?? 200, step.raw.headers)
      res.end(step.raw.body)
      return
    }
    const session = req.headers['x-claude-code-session-id'] ?? ''
    if (step.error && mayFail(`${session} ${name} ${turn}`, step)) return sendStepError(res, step.error)
    return seen.body.stream ? streamMessage(res, seen.body, step) : sendMessage(res, seen.body, step)
  }

  function mayFail(key: string, step: Step): boolean {
    const before = failures.get(key) ?? 0
    failures.set(key, before + 1)
    return step.times === undefined || before < step.times
  }

  return async (req: IncomingMessage, res: ServerResponse, seen: SeenRequest): Promise<void> => {
    const { pathname } = new URL(seen.path, 'http://127.0.0.1')
    if (req.method === 'POST' && pathname === '/v1/messages') return answerMessages(req, res, seen)
    if (pathname === '/v1/messages/count_tokens') return sendJson(res, { input_tokens: Math.ceil(seen.raw.length / 4) })
    if (pathname === '/v1/models') return sendJson(res, { data: [], has_more: false, first_id: null, last_id: null })
    if (pathname === '/') return sendJson(res, { fake: true })
    return sendError(res, 404, 'not_found_error', `fake server: no route ${req.method} ${pathname}`)
  }
}

function sendStepError(res: ServerResponse, error: NonNullable<Step['error']>): void {
  const { status = 529, type = ERROR_TYPES[status] ?? 'api_error', message = `scripted ${status}`, retryAfter } = error
  sendError(res, status, type, message, retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) })
}

function sendJson(res: ServerResponse, body: object): void {
  res.writeHead(200, { 'content-type': 'application/json' })
  res.end(JSON.stringify(body))
}
