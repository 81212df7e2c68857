import { randomUUID } from 'node:crypto'
import type { Session } from '../dispatch/delivery.ts'
import type { ApprovalResponsePayload } from '../protocol/messages.ts'
import { type ApprovalAnswer, type ApprovalQuestion, type Asker, nobody } from './contract.ts'

/** More open questions than these answer themselves with no: a command must not flood whoever is asked. */
const MAX_OPEN = 64
/** As the schema of `approval_request` has it. */
const MAX_TEXT = 1024

/** Takes questions of commands to whom they concern. */
export interface Approvals {
  /** Never rejects; resolves at the latest when the time is up or the signal aborts. */
  ask(
    command: { readonly id: string; readonly origin: 'server' | 'local' },
    question: ApprovalQuestion,
    signal: AbortSignal,
  ): Promise<ApprovalAnswer>
  /** Until the returned function is called, questions of this local command go to the asker. */
  useAsker(commandId: string, asker: Asker): () => void
  /** The server's answer. One that is late, unknown, repeated or of another command changes nothing. */
  answered(payload: ApprovalResponsePayload): void
  /** Questions that went through this connection get no answer any more. */
  disconnected(session: Session): void
}

interface Open {
  readonly commandId: string
  readonly session: Session
  settle(answer: ApprovalAnswer): void
}

/** @param currentSession the connection that is ready now; null: none. */
export function createApprovals(currentSession: () => Session | null): Approvals {
  const open = new Map<string, Open>()
  const askers = new Map<string, Asker>()

  function askServer(commandId: string, question: ApprovalQuestion, signal: AbortSignal): Promise<ApprovalAnswer> {
    const session = currentSession()
    if (session === null) return Promise.resolve(nobody('No server is connected that could be asked.'))
    if (!session.capabilities.has('approvals')) {
      return Promise.resolve(nobody('The server takes no approvals.'))
    }
    if (open.size >= MAX_OPEN) return Promise.resolve(nobody('Too many questions are open already.'))
    const requestId = randomUUID()
    const { promise, resolve } = Promise.withResolvers<ApprovalAnswer>()
    open.set(requestId, { commandId, session, settle: resolve })
    void session.send({ type: 'approval_request', payload: requestOf(commandId, requestId, question) })
    return within(promise, question.seconds, signal).finally(() => open.delete(requestId))
  }

  async function askLocally(asker: Asker, question: ApprovalQuestion, signal: AbortSignal): Promise<ApprovalAnswer> {
    const given = new AbortController()
    const asked = asker(question, AbortSignal.any([signal, given.signal])).then(
      (answer): ApprovalAnswer => ({ ...answer, reason: null }),
      () => nobody('Who called the command could not be asked.'),
    )
    return within(asked, question.seconds, signal).finally(() => given.abort())
  }

  return {
    async ask({ id, origin }, question, signal) {
      if (signal.aborted) return nobody('The command ended.')
      if (origin === 'server') return askServer(id, question, signal)
      const asker = askers.get(id)
      return asker === undefined
        ? nobody('The command was called without a terminal to ask at.')
        : askLocally(asker, question, signal)
    },
    useAsker(commandId, asker) {
      askers.set(commandId, asker)
      return () => void askers.delete(commandId)
    },
    answered({ command_id, request_id, approved, user }) {
      const asked = open.get(request_id)
      if (asked?.commandId === command_id) asked.settle({ approved, by: user, reason: null })
    },
    disconnected(session) {
      for (const asked of open.values()) {
        if (asked.session === session) asked.settle(nobody('The connection to the server was lost.'))
      }
    },
  }
}

function requestOf(commandId: string, requestId: string, { tool, target, rule, seconds }: ApprovalQuestion) {
  return {
    command_id: commandId,
    request_id: requestId,
    tool: tool.slice(0, MAX_TEXT),
    target: target?.slice(0, MAX_TEXT) ?? null,
    rule: rule.slice(0, MAX_TEXT),
    expires_at: new Date(Date.now() + seconds * 1000).toISOString(),
  }
}

/** The answer, or that nobody gave one in time or before the command ended. */
function within(answer: Promise<ApprovalAnswer>, seconds: number, signal: AbortSignal): Promise<ApprovalAnswer> {
  const { promise, resolve } = Promise.withResolvers<ApprovalAnswer>()
  const timer = setTimeout(() => resolve(nobody(`Nobody answered within ${seconds} seconds.`)), seconds * 1000)
  const onAbort = () => resolve(nobody('The command ended.'))
  signal.addEventListener('abort', onAbort, { once: true })
  void answer.then(resolve)
  return promise.finally(() => {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  })
}
