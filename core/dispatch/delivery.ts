import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@gururmm/plugin-sdk'
import type { AgentMessage, Capability, CommandResultPayload } from '../protocol/messages.ts'
import type { Journal, OutputStore } from './contract.ts'
import { forServer } from './result.ts'

/** A connection that is ready, as the dispatcher sees it. */
export interface Session {
  /** What the server asked for; empty for one that knows only the spec. */
  readonly capabilities: ReadonlySet<Capability>
  /** About how many bytes are under way: sent, and not known to have arrived. */
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

/** What is read of the outbox at once: after a long absence of the server it may be larger than our memory. */
const PAGE = { limit: 64, maxCharacters: 4_194_304 } as const

/** So many large results that wait are held in memory; a slow server would fill it with all of them. */
const MOST_HELD = 16
/** In characters. */
const SMALL = 4096

/** Above this the next result waits. */
const HIGH_WATER_BYTES = 262_144
const LOOK_MS = 10
const LONGEST_WAIT_MS = 30_000

/** A session, and what was sent by it while it caught up. */
interface CatchUp {
  readonly session: Session
  readonly sent: Set<string>
}

/**
 * Waits while much is under way: heartbeats go between two large results, not after all of them. Not for ever: a peer that answers no
 * pings tells nothing of what arrived.
 */
async function roomOn(to: Session, isCurrent: () => boolean): Promise<void> {
  const deadline = performance.now() + LONGEST_WAIT_MS
  while (to.bufferedBytes > HIGH_WATER_BYTES && isCurrent() && performance.now() < deadline) await delay(LOOK_MS)
}

/** Results are kept by the journal; this only decides when each is sent. */
export function createDelivery(options: {
  readonly journal: Journal
  readonly outputs?: OutputStore
  readonly logger: Logger
}): Delivery {
  const { journal, outputs, logger } = options
  let session: Session | null = null
  // While the outbox is worked off, newer results wait: one could go out from both.
  let catchUp: CatchUp | null = null
  // By command id: a result that waits is not queued twice. Null: the journal has it.
  const queue = new Map<string, CommandResultPayload | null>()
  let pumping: Promise<void> | null = null

  async function sendAll(): Promise<void> {
    for (;;) {
      const to = session
      if (to !== null && catchUp?.session === to) await sendOutbox(to, catchUp.sent)
      const [first] = queue
      if (session === null || (session === to && first === undefined)) {
        // Here and not once the promise settles: a result delivered in between would wait for the next one.
        pumping = null
        return
      }
      if (to === null || session !== to || first === undefined) continue
      const [id, held] = first
      queue.delete(id)
      // What can't be read now waits in the outbox for the next session.
      const next = held ?? (await journal.lookup(id).catch(() => undefined))?.result
      if (next) await sendOne(to, next)
    }
  }

  async function sendOne(to: Session, result: CommandResultPayload): Promise<void> {
    await roomOn(to, () => session === to)
    if (session !== to) return
    const sent = await to.send({ type: 'command_result', payload: forServer(result, to.capabilities) })
    // Where the server acknowledges, its word counts; elsewhere the socket's has to do. Unsent ones wait in the journal.
    if (!sent || to.capabilities.has('command_result_ack')) return
    outputs?.acknowledged(result.command_id)
    // Not waited for: the record is gathered with others for some ms, which every result would add to the wait of those behind it.
    void journal.acknowledge(result.command_id).catch((error: unknown) => {
      logger.warn({ command: result.command_id, err: error }, 'a delivered result could not be recorded as delivered')
    })
  }

  /** All that was not acknowledged, page by page, oldest first. */
  async function sendOutbox(to: Session, sent: Set<string>): Promise<void> {
    try {
      let after: string | undefined
      do {
        const page = await journal.outbox({ ...PAGE, ...(after !== undefined && { after }) })
        for (const result of page) {
          if (session !== to) return
          sent.add(result.command_id)
          queue.delete(result.command_id)
          await sendOne(to, result)
        }
        after = page.at(-1)?.command_id
      } while (after !== undefined)
    } catch (error) {
      logger.warn({ err: error }, 'the journal could not be asked for results that wait')
    }
    if (session === to) catchUp = null
  }

  return {
    get session() {
      return session
    },
    connected(to) {
      session = to
      catchUp = { session: to, sent: new Set() }
      pumping ??= sendAll()
    },
    disconnected(from) {
      if (session !== from) return
      session = null
      // All of these are in the journal and come back from there.
      queue.clear()
    },
    deliver(result) {
      if (session === null || catchUp?.sent.has(result.command_id)) return
      const hold = queue.size < MOST_HELD || result.stdout.length + result.stderr.length < SMALL
      queue.set(result.command_id, hold ? result : null)
      pumping ??= sendAll()
    },
    async settled() {
      while (pumping !== null) await pumping
    },
  }
}
