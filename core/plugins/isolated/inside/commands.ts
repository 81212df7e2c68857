import type { Approval, ApprovalRequest, CommandContext } from '@gururmm/plugin-sdk'
import type { Execution } from '../../../dispatch/contract.ts'
import type { Validate } from '../../../schema/index.ts'
import { type ContextParts, pluginContext } from '../../context.ts'
import { codeOf } from '../../explaining.ts'
import type { PluginSetup } from '../../hosted-plugin.ts'
import type { Execute } from '../../in-process.ts'
import { describeThrown } from '../../plugin-error.ts'
import { encodeError } from '../errors.ts'
import { isRecord } from '../message.ts'
import type { Peer } from '../peer.ts'
import { MAX_BACKLOG } from './remote-logger.ts'
import { remotePrograms } from './remote-programs.ts'

/** How a handler ended, on its way to the host, which makes the result of it. */
export interface HandlerAnswer {
  /** Absent: it returned nothing, or threw. */
  readonly returned?: unknown
  readonly thrown?: object
  /** What the type's own schema has against the data of the outcome. */
  readonly dataProblem?: { readonly path: string; readonly message: string }
}

type Body = Readonly<Record<string, unknown>>

/** The commands that run in this process. */
export interface Commands {
  /** Calls handlers with contexts made from these parts. */
  executeWith(parts: ContextParts): Execute<HandlerAnswer>
  run(body: Body, start: (execution: Execution) => Promise<HandlerAnswer>): Promise<HandlerAnswer>
  note(action: string, body: Body): void
}

export function createCommands(peer: Peer): Commands {
  const stops = new Map<number, AbortController>()
  const keys = new WeakMap<Execution, number>()
  return {
    async run(body, start) {
      const of = body.of as number
      const stop = new AbortController()
      stops.set(of, stop)
      const { command, input, timeoutSeconds, explain } = body as unknown as Execution
      const asked = { command, input, timeoutSeconds, ...(explain && { explain }) }
      const execution: Execution = { ...asked, signal: stop.signal, progress: () => {} }
      keys.set(execution, of)
      try {
        return await start(execution)
      } finally {
        stops.delete(of)
      }
    },
    note(action, { of, reason }) {
      if (action === 'stop') stops.get(of as number)?.abort(reason)
    },
    executeWith: (parts) => async (command, execution, setup, checkData) => {
      const scope = { peer, of: keys.get(execution) as number, ended: false }
      try {
        const context = contextOf(parts, execution, setup, scope)
        const returned: unknown = await codeOf(command, execution)(execution.input as never, context)
        return answerOf(returned, checkData)
      } catch (thrown) {
        const encoded = encodeError(thrown)
        return { thrown: encoded, ...dataProblemOf((encoded as { outcome?: unknown }).outcome, checkData) }
      } finally {
        scope.ended = true
      }
    },
  }
}

/** A command as this process and the host know it. */
interface Scope {
  readonly peer: Peer
  readonly of: number
  ended: boolean
}

function contextOf(
  parts: ContextParts,
  { command, timeoutSeconds, signal }: Execution,
  setup: PluginSetup,
  scope: Scope,
): CommandContext<never> {
  const { id, type, elevated, origin, requester } = command
  return {
    ...pluginContext(parts, setup.config, signal),
    command: { id, type, timeoutSeconds, elevated, origin },
    requester: { user: requester.user, role: requester.role },
    progress: (event) => sendProgress(event, scope, parts),
    approve: (request) => askThrough(request, scope),
    ...remotePrograms(scope.peer, scope.of),
  }
}

/** The host bounds and cleans what comes; here only what would not arrive is left out. */
function sendProgress(event: unknown, { peer, of, ended }: Scope, { logger }: ContextParts): void {
  if (ended || peer.backlog > MAX_BACKLOG) return
  try {
    peer.note('progress', { of, event })
  } catch (error) {
    logger.debug({ err: error }, 'a progress event was dropped: it is no JSON')
  }
}

/** The host asks, and bounds the time; only the plugin's own signal stays here. */
async function askThrough({ signal, ...question }: ApprovalRequest, { peer, of, ended }: Scope): Promise<Approval> {
  const nobody = (reason: string): Approval => ({ approved: false, by: null, reason })
  if (ended || signal?.aborted) return nobody('The question was given up.')
  const asked = peer.call('approve', { of, question }) as Promise<Approval>
  const answer = asked.catch(() => nobody('The agent did not take the question.'))
  if (signal === undefined) return answer
  const { promise, resolve } = Promise.withResolvers<Approval>()
  const onAbort = () => resolve(nobody('The question was given up.'))
  signal.addEventListener('abort', onAbort, { once: true })
  return Promise.race([answer, promise]).finally(() => signal.removeEventListener('abort', onAbort))
}

function answerOf(returned: unknown, checkData: Validate | undefined): HandlerAnswer {
  if (returned === undefined) return {}
  try {
    const plain: unknown = JSON.parse(JSON.stringify(returned))
    return { returned: plain, ...dataProblemOf(plain, checkData) }
  } catch (error) {
    return { thrown: { name: 'CommandError', code: 'RESULT_INVALID', message: notJson(error) } }
  }
}

function notJson(error: unknown): string {
  return `The plugin returned an outcome that is no JSON (${describeThrown(error)}); tell its author.`
}

function dataProblemOf(outcome: unknown, checkData: Validate | undefined): Pick<HandlerAnswer, 'dataProblem'> {
  if (!isRecord(outcome) || outcome.data === undefined) return {}
  const checked = checkData?.(outcome.data)
  if (checked === undefined || !('problem' in checked)) return {}
  const { path, message } = checked.problem
  return { dataProblem: { path, message } }
}
