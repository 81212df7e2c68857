import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import type { ProgressItem } from '../dispatch/contract.ts'
import type { CommandPayload, CommandResultPayload } from '../protocol/messages.ts'
import { type AgentControl, localError, type RunOptions } from './contract.ts'
import type { QuestionLine } from './questions.ts'
import { findSocketPath } from './socket-path.ts'

/** An agent that does not answer for so long, in ms, hangs. A running command may be silent for longer. */
const SILENCE_MS = 120_000

/** One line of the answer to a run. */
type RunLine =
  | { progress: ProgressItem }
  | { question: QuestionLine }
  | { withdrawn: number }
  | { result: CommandResultPayload }
  | { error: { code: string; message: string } }

/**
 * The agent that runs with this data folder; undefined where none does.
 *
 * @throws LocalError `AGENT_UNREACHABLE` where one may run but this user cannot reach it. So do the methods, where it ends meanwhile.
 */
export async function findAgent(dataDir: string): Promise<AgentControl | undefined> {
  const path = await findSocketPath(dataDir)
  if (path === undefined || !(await answers(path))) return undefined
  return localClient(path)
}

/** Whether something listens there; a socket that a dead agent left does not. */
function answers(path: string): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>()
  const socket = connect(path)
  socket.on('connect', () => resolve(true))
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (['ENOENT', 'ECONNREFUSED', 'ENOTDIR'].includes(error.code ?? '')) resolve(false)
    else reject(unreachable(path, error))
  })
  return promise.finally(() => socket.destroy())
}

function localClient(path: string): AgentControl {
  const get = async <T>(url: string): Promise<T> => readJson<T>(await send(path, 'GET', url))
  return {
    run: (command, options) => run(path, command, options),
    explain: async (command) => readJson(await send(path, 'POST', '/explain', command)),
    status: () => get('/status'),
    plugins: () => get('/plugins'),
    doctor: () => get('/doctor'),
    history: {
      list: (query) => get(`/history?${parametersOf({ ...query })}`),
      show: (id) => get(`/history/${encodeURIComponent(id)}`),
      output: (id, stream, offset, length) =>
        get(`/history/${encodeURIComponent(id)}/output?${parametersOf({ stream, offset, length })}`),
    },
    reloadPlugin: async (name) => readJson(await send(path, 'POST', `/plugins/${encodeURIComponent(name)}/reload`, {})),
    async setPlugin(name, { enabled, site }) {
      const url = `/plugins/${encodeURIComponent(name)}/${enabled ? 'enable' : 'disable'}`
      return readJson(await send(path, 'POST', url, { site }))
    },
  }
}

function parametersOf(values: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined)
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
}

async function run(path: string, command: CommandPayload, options: RunOptions = {}): Promise<CommandResultPayload> {
  const answer = await send(path, 'POST', options.asker ? '/run?ask' : '/run', command, 0)
  if (answer.statusCode !== 200) return readJson(answer)
  // Asked for, not hung up on: a cancelled command has a result too, and it tells what was done until then
  const cancel = () => void send(path, 'POST', '/cancel', { id: command.id }).then(readJson, () => {})
  if (options.signal?.aborted) cancel()
  options.signal?.addEventListener('abort', cancel, { once: true })
  const asked = new Map<number, AbortController>()
  const put = ({ id, ...question }: QuestionLine) => {
    const given = new AbortController()
    asked.set(id, given)
    // No answer is a no, so a question that could not be put needs none
    void options.asker?.(question, given.signal).then(
      (said) => send(path, 'POST', '/answer', { id: command.id, question: id, ...said }).then(readJson, () => {}),
      () => {},
    )
  }
  try {
    for await (const line of linesOf(path, answer)) {
      const said = JSON.parse(line) as RunLine
      if ('result' in said) return said.result
      if ('error' in said) throw localError(said.error.code, said.error.message)
      if ('progress' in said) options.onProgress?.(said.progress)
      else if ('question' in said) put(said.question)
      else asked.get(said.withdrawn)?.abort()
    }
  } finally {
    options.signal?.removeEventListener('abort', cancel)
    for (const given of asked.values()) given.abort()
  }
  throw unreachable(path, new Error('it ended before the command did'))
}

function send(
  path: string,
  method: string,
  url: string,
  body?: unknown,
  silenceMs = SILENCE_MS,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const request: ClientRequest = httpRequest({ socketPath: path, method, path: url, agent: false, timeout: silenceMs })
  request.on('response', resolve)
  request.on('error', (error) => reject(unreachable(path, error)))
  request.on('timeout', () => request.destroy(new Error(`it was silent for ${silenceMs / 1000} s`)))
  request.end(body === undefined ? undefined : JSON.stringify(body))
  return promise
}

async function readJson<T>(answer: IncomingMessage): Promise<T> {
  let text = ''
  for await (const line of linesOf('', answer)) text += line
  const value = JSON.parse(text)
  if (answer.statusCode === 200) return value as T
  throw localError(value.error.code, value.error.message)
}

/** By hand, because `node:readline` also ends lines at U+2028, which JSON leaves as it is. */
async function* linesOf(path: string, answer: IncomingMessage): AsyncGenerator<string> {
  let rest = ''
  try {
    for await (const chunk of answer.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
  } catch (error) {
    throw unreachable(path, error as Error)
  }
  if (rest !== '') yield rest
}

function unreachable(path: string, error: NodeJS.ErrnoException) {
  const isForbidden = error.code === 'EACCES' || error.code === 'EPERM'
  const hint = isForbidden ? 'only the agent’s user and root may use it' : error.message
  return localError('AGENT_UNREACHABLE', `The agent at ${path} cannot be reached: ${hint}.`, error)
}
