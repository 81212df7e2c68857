import type { Logger } from '@gururmm/plugin-sdk'
import type { AgentMessage, Capability, CommandResultPayload } from '../protocol/messages.ts'
import type { Journal } from './contract.ts'
import { forServer } from './result.ts'

/** A connection that is ready, as the dispatcher sees it. */
export interface Session {
  /** What the server asked for; empty for one that knows only the spec. */
  readonly capabilities: ReadonlySet<Capability>
  /** Bytes that wait for the socket. */
  readonly bufferedBytes: number
  /** Resolves to whether the socket took the message. Never rejects. */
  send(message: AgentMessage): Promise<boolean>
}

/** Brings results to the server: oldest first, one at a time, again after each reconnect until acknowledged. */
export interface Delivery {
  /** The session that is ready now; null: none. */
  readonly session: Session | null
  connected(session: Session): void
  disconnected(session: Session): void
  /** Sends a result now or, without a session, once there is one. */
  deliver(result: CommandResultPayload): void
  /** Resolves when nothing waits to be sent, or there is no session to send it by. */
  settled(): Promise<void>
}

/** Results are kept by the journal; this only decides when each is sent. */
export function createDelivery(options: { readonly journal: Journal; readonly logger: Logger }): Delivery {
  const { journal, logger } = options
  let session: Session | null = null
  // While the journal is asked what waits, nothing is sent, or a result could go out from both.
  let catchingUp: Session | null = null
  // By command id: a result that waits is not queued twice.
  const queue = new Map<string, CommandResultPayload>()
  let pumping: Promise<void> = Promise.resolve()
  let pumpRunning = false

  function pump(): void {
    if (pumpRunning || session === null || catchingUp === session) return
    pumpRunning = true
    pumping = sendAll()
  }

  async function sendAll(): Promise<void> {
    for (;;) {
      const to = session
      const [next] = queue.values()
      if (to === null || next === undefined) {
        // Here and not once the promise settles: a result delivered in between would wait for the next one.
        pumpRunning = false
        return
      }
      queue.delete(next.command_id)
      await sendOne(to, next)
    }
  }

  async function sendOne(to: Session, result: CommandResultPayload): Promise<void> {
    const sent = await to.send({ type: 'command_result', payload: forServer(result, to.capabilities) })
    // Where the server acknowledges, its word counts; elsewhere the socket's has to do. Unsent ones wait in the journal.
    if (!sent || to.capabilities.has('command_result_ack')) return
    await journal.acknowledge(result.command_id).catch((error: unknown) => {
      logger.warn({ command: result.command_id, err: error }, 'a delivered result could not be recorded as delivered')
    })
  }

  async function resendUnacknowledged(to: Session): Promise<void> {
    try {
      const waiting = await journal.outbox()
      if (session !== to) return
      const newer = [...queue.values()]
      queue.clear()
      for (const result of [...waiting, ...newer]) queue.set(result.command_id, result)
    } catch (error) {
      logger.warn({ err: error }, 'the journal could not be asked for results that wait')
    }
    if (catchingUp === to) catchingUp = null
    pump()
  }

  return {
    get session() {
      return session
    },
    connected(to) {
      session = to
      catchingUp = to
      void resendUnacknowledged(to)
    },
    disconnected(from) {
      if (session !== from) return
      session = null
      // All of these are in the journal and come back from there.
      queue.clear()
    },
    deliver(result) {
      if (session === null) return
      queue.set(result.command_id, result)
      pump()
    },
    async settled() {
      while (pumpRunning) await pumping
    },
  }
}
