import { MESSAGES, type QueryPayload } from 'gururmm-agent/protocol'
import type { Hono } from 'hono'
import { createCheck } from './check.ts'
import { askForOutput, type OutputPiece, outputAtHand, type StreamName } from './output.ts'
import type { Query, QueryError } from './queries.ts'
import { type Env, fail, findCommand } from './requests.ts'
import type { ServerContext, Session } from './session.ts'
import { plainData } from './text.ts'

const { type, plugin, state, origin, user, since, until, text, limit, before } = MESSAGES.query.schema.properties
const filters = { type, plugin, state, origin, user, since, until, text, limit, before }
const checkFilters = createCheck({ type: 'object', additionalProperties: false, properties: filters })

/** As long as the lists that `plainData` leaves whole. */
const MAX_ENTRIES = 256

/** What agents are asked, over HTTP; see README.md. */
export function addQueryRoutes(api: Hono<Env>, context: ServerContext): void {
  api.get('/api/commands/:id/output', async (c) => {
    const command = findCommand(context, c.req.param('id'))
    const stream = streamOf(c.req.query('stream') ?? 'stdout')
    const offset = numberOf(c.req.query('offset') ?? '0')
    const atHand = outputAtHand(command, stream, offset)
    const pieces =
      atHand === undefined
        ? askForOutput(sessionOf(context, command.agentId), command.id, stream, offset)
        : [atHand].values()
    // Only the first piece shows whether there will be any
    const first = await answerOf(async () => pieces.next())
    const headers = {
      'content-type': 'text/plain; charset=utf-8',
      'x-output-offset': String(first.value?.offset ?? 0),
      'x-output-total': String(first.value?.totalBytes ?? 0),
    }
    return c.body(bodyOf(first.value as OutputPiece, pieces), 200, headers)
  })
  api.get('/api/agents/:id/history', async (c) => {
    const session = sessionOf(context, c.req.param('id'))
    const query = historyQuery(c.req.query())
    const answer = await answerOf(() => session.ask(query))
    return c.json(plainData(answer.data) as object)
  })
}

/** Numbers come as text. */
function historyQuery(query: Readonly<Record<string, string>>): Query {
  const numbers = ['limit', 'before'].flatMap((name) =>
    query[name] === undefined ? [] : [[name, Number(query[name])]],
  )
  const given = { ...query, ...Object.fromEntries(numbers) } as Partial<QueryPayload>
  const problem = checkFilters(given)
  if (problem !== null) fail(400, `the filters are not valid: ${problem}`)
  return { ...given, what: 'history', limit: Math.min(given.limit ?? MAX_ENTRIES, MAX_ENTRIES) }
}

function sessionOf({ agents }: ServerContext, id: string): Session {
  const agent = agents.get(id) ?? fail(404, 'no such agent')
  const session = agent.session ?? fail(503, 'the agent is offline')
  return session.capabilities.has('query') ? session : fail(409, 'this agent answers no queries')
}

async function answerOf<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    const { code, message } = error as QueryError
    if (code === 'OUTPUT_GONE') fail(410, `the agent does not have it: ${message}`)
    if (code === 'COMMAND_NOT_FOUND') fail(404, 'the agent does not know this command')
    if (code === 'AGENT_GONE' || code === 'QUERY_TIMEOUT') fail(503, message)
    fail(502, `the agent could not answer: ${message}`)
  }
}

function bodyOf(first: OutputPiece, rest: Iterator<OutputPiece> | AsyncIterator<OutputPiece>): ReadableStream {
  const encoder = new TextEncoder()
  return new ReadableStream({
    start: (controller) => controller.enqueue(encoder.encode(first.data)),
    async pull(controller) {
      const { done, value } = await rest.next()
      if (done === true) controller.close()
      else controller.enqueue(encoder.encode(value.data))
    },
    cancel: () => void rest.return?.(),
  })
}

function streamOf(name: string): StreamName {
  return name === 'stdout' || name === 'stderr' ? name : fail(400, 'expected the stream to be stdout or stderr')
}

function numberOf(digits: string): number {
  return /^\d{1,15}$/.test(digits) ? Number(digits) : fail(400, 'expected the offset to be a number of bytes')
}
