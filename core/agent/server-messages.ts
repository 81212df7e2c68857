import type { Logger } from '@gururmm/plugin-sdk'
import type { Approvals } from '../approvals/index.ts'
import type { Session } from '../dispatch/delivery.ts'
import type { Dispatcher } from '../dispatch/dispatcher.ts'
import type { LinkEvents } from '../link/connection.ts'
import type { Policy } from '../policy/index.ts'
import type { QueryResultPayload } from '../protocol/messages.ts'
import { type Queries, queryInvalid } from '../query/index.ts'

export interface MessageParts {
  readonly dispatcher: Dispatcher
  readonly queries: Queries
  readonly policy: Pick<Policy, 'receive'>
  readonly approvals: Pick<Approvals, 'answered' | 'disconnected'>
  readonly logger: Logger
  /** Called for each connection that is ready. */
  readonly onReady: () => void
  /** Before it settles nothing is acted on; what comes waits, in its order. */
  readonly begun: Promise<void>
}

/** Brings what the server sends to whom it concerns. */
export function serverMessages(parts: MessageParts): LinkEvents {
  const { onReady, begun } = parts
  const { ready, gone, bad, message } = messageHandlers(parts)
  return {
    ready(session, ack) {
      void begun.then(() => ready(session, ack))
      onReady()
    },
    gone: (session) => void begun.then(() => gone(session)),
    bad: (frame, session) => void begun.then(() => bad(frame, session)),
    message: (received, session) => void begun.then(() => message(received, session)),
  }
}

function messageHandlers({ dispatcher, queries, policy, approvals, logger }: MessageParts): LinkEvents {
  const { delivery } = dispatcher
  /** In force before the next message is looked at. */
  const takeProfile = async (profile: unknown, session: Session) => {
    const payload = await policy.receive(profile)
    if (session.capabilities.has('site_profile')) void session.send({ type: 'site_profile_applied', payload })
  }
  return {
    ready(session, ack) {
      const profile = ack?.site_profile ?? null
      if (profile !== null) void takeProfile(profile, session)
      delivery.connected(session)
    },
    gone(session) {
      delivery.disconnected(session)
      approvals.disconnected(session)
    },
    /** Who sent a command or a query gets an answer; for the rest there is only an `error`, or the log. */
    bad(frame, session) {
      const { commandId, queryId, code, message } = frame
      if (commandId !== undefined) void dispatcher.receiveBad({ ...frame, commandId })
      else if (queryId !== undefined) void answer(session, queryInvalid(queryId, message))
      else if (session.capabilities.has('error')) void session.send({ type: 'error', payload: { code, message } })
      else logger.warn({ code }, message)
    },
    message({ type, payload }, session) {
      if (type === 'command') void dispatcher.receive(payload)
      else if (type === 'command_cancel') void dispatcher.cancel(payload.command_id)
      else if (type === 'query') void queries.receive(payload, (result) => answer(session, result))
      else if (type === 'approval_response') approvals.answered(payload)
      else if (type === 'site_profile') void takeProfile(payload, session)
      else void dispatcher.acknowledged(payload.command_id)
    },
  }
}

/** A server that did not ask for the capability gets no message of it. */
async function answer(session: Session, payload: QueryResultPayload): Promise<unknown> {
  return session.capabilities.has('query') && session.send({ type: 'query_result', payload })
}
