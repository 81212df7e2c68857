import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { CommandPayload } from '../protocol/messages.ts'
import { commandSchema } from '../protocol/schemas.ts'
import { compileSchema, type Validate } from '../schema/index.ts'
import { type AgentControl, type LocalError, localError, type PluginChange } from './contract.ts'
import { answerHistory } from './history-routes.ts'
import { createLocalQuestions, type LocalAnswer, type LocalQuestions } from './questions.ts'
import { claimSocketPath, releaseSocketPath } from './socket-path.ts'

export interface LocalServerOptions {
  /** The folder whose lock this process holds. */
  readonly dataDir: string
  readonly agent: AgentControl
}

/** The agent's socket for its own machine. */
export interface LocalServer {
  /** The socket, or on Windows the named pipe. */
  readonly path: string
  /** Cancels what was asked through it; resolves when the socket is gone. */
  close(): Promise<void>
}

interface Service {
  readonly agent: AgentControl
  /** The runs of this socket that can be cancelled, by command id. */
  readonly running: Map<string, AbortController>
  /** Of the runs whose caller can be asked. */
  readonly questions: Map<string, LocalQuestions>
}

/** As much as a frame from the server may hold. */
const MAX_BODY_BYTES = 1_048_576

/** Beyond so much that the other side has not taken yet, progress is left out; offsets and the result tell. */
const MAX_UNREAD_BYTES = 4_194_304

/**
 * Listens on the data folder's socket, for the agent's user (and root) alone. Replaces the socket of an agent that died.
 *
 * @throws LocalError `DATA_DIR_UNUSABLE` where that is not possible.
 */
export async function createLocalServer({ dataDir, agent }: LocalServerOptions): Promise<LocalServer> {
  const path = await claimSocketPath(dataDir)
  const service: Service = { agent, running: new Map(), questions: new Map() }
  const server = createServer((request, response) => void answer(service, request, response))
  await listenPrivately(server, path)
  return {
    path,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
      await releaseSocketPath(dataDir)
    },
  }
}

/** The socket is made with its rights: set afterwards, others could connect in between. */
function listenPrivately(server: Server, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const before = process.umask(0o177)
  try {
    server.once('error', (error) => reject(unusable(path, error))).listen(path, resolve)
  } finally {
    process.umask(before)
  }
  return promise
}

function unusable(path: string, error: Error): LocalError {
  const message = `The agent cannot listen at ${path}: ${error.message}. Remove what is there, or set another agent.dataDir.`
  return localError('DATA_DIR_UNUSABLE', message, error)
}

/** Never rejects. */
async function answer(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    await route(service, request, response)
  } catch (error) {
    const { code = 'INTERNAL', message } = error as Partial<LocalError> & Error
    if (!response.headersSent) response.writeHead(statusOf(code), { 'content-type': 'application/json' })
    response.end(`${JSON.stringify({ error: { code, message } })}\n`)
  }
}

async function route(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { agent, running } = service
  const name = `${request.method} ${request.url}`
  const change = /^POST \/plugins\/([^/]+)\/(enable|disable)$/.exec(name)
  const reload = /^POST \/plugins\/([^/]+)\/reload$/.exec(name)
  if (name === 'POST /run' || name === 'POST /run?ask') await streamRun(service, request, response)
  else if (name === 'POST /explain') sendJson(response, await agent.explain(await readJson(request, checkCommand)))
  else if (name === 'GET /status') sendJson(response, await agent.status())
  else if (name === 'GET /plugins') sendJson(response, await agent.plugins())
  else if (name === 'GET /doctor') sendJson(response, await agent.doctor())
  else if (reload !== null) sendJson(response, await agent.reloadPlugin(decodeURIComponent(reload[1] ?? '')))
  else if (name === 'POST /answer') {
    const answer = await readJson(request, checkAnswer)
    service.questions.get(answer.id)?.answer(answer)
    sendJson(response, {})
  } else if (name === 'POST /cancel') {
    running.get((await readJson(request, checkId)).id)?.abort()
    sendJson(response, {})
  } else if (change !== null) {
    const [, plugin = '', verb] = change
    const { site } = await readJson<Pick<PluginChange, 'site'>>(request, checkSite)
    sendJson(response, await agent.setPlugin(decodeURIComponent(plugin), { enabled: verb === 'enable', site }))
  } else if (request.method === 'GET' && request.url?.startsWith('/history')) {
    sendJson(response, await answerHistory(agent.history, request.url))
  } else throw localError('ROUTE_UNKNOWN', `The agent has no ${JSON.stringify(name.slice(0, 100))}.`)
}

/** Answers with one JSON object a line: `progress` for each piece of news, at last `result`. A client that goes cancels the command. */
async function streamRun(
  { agent, running, questions }: Service,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const command = await readJson(request, checkCommand)
  const stop = new AbortController()
  running.set(command.id, stop)
  response.on('close', () => stop.abort())
  response.writeHead(200, { 'content-type': 'application/x-ndjson' }).flushHeaders()
  const asked = request.url === '/run?ask' ? createLocalQuestions(response) : undefined
  if (asked) questions.set(command.id, asked)
  const send = (line: object) => response.write(`${JSON.stringify(line)}\n`)
  try {
    const result = await agent.run(command, {
      signal: stop.signal,
      ...(asked && { asker: asked.asker }),
      onProgress: (progress) => void (response.writableLength < MAX_UNREAD_BYTES && send({ progress })),
    })
    send({ result })
    response.end()
  } finally {
    running.delete(command.id)
    questions.delete(command.id)
  }
}

const checkCommand = compileSchema<CommandPayload>(commandSchema)
const checkId = compileSchema<{ id: string }>({
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'string' } },
})
const checkAnswer = compileSchema<LocalAnswer>({
  type: 'object',
  required: ['id', 'question', 'approved', 'by'],
  properties: {
    id: { type: 'string' },
    question: { type: 'integer' },
    approved: { type: 'boolean' },
    by: { type: 'string', minLength: 1, maxLength: 1024 },
  },
})
const checkSite = compileSchema<Pick<PluginChange, 'site'>>({
  type: 'object',
  additionalProperties: false,
  properties: { site: { type: 'string', minLength: 1, maxLength: 64 } },
})

async function readJson<T>(request: IncomingMessage, check: Validate<T>): Promise<T> {
  const checked = check(parseJson(await readBody(request)))
  if ('problem' in checked)
    throw localError('MESSAGE_INVALID', `The request${checked.problem.path} ${checked.problem.message}.`)
  return checked.value
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY_BYTES)
      throw localError('MESSAGE_INVALID', `The request must be at most ${MAX_BODY_BYTES} bytes long.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw localError('MESSAGE_INVALID', `The request must be JSON (${(error as Error).message}).`)
  }
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(`${JSON.stringify(value)}\n`)
}

function statusOf(code: string): number {
  if (code === 'MESSAGE_INVALID') return 400
  if (code === 'ROUTE_UNKNOWN' || code === 'PLUGIN_NOT_FOUND' || code === 'COMMAND_NOT_FOUND') return 404
  return code === 'INTERNAL' ? 500 : 409
}
