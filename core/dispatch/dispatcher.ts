import type { Logger } from '@gururmm/plugin-sdk'
import type { BadFrame } from '../protocol/decode.ts'
import type { CommandAckPayload, CommandPayload, CommandResultPayload } from '../protocol/messages.ts'
import { type Active, ActiveCommands, stopFor } from './active.ts'
import type {
  Admission,
  CommandRequest,
  CommandType,
  Failure,
  Journal,
  JournalEntry,
  JournalRecord,
  OutputStore,
  ProgressFactory,
  ProgressItem,
  Registry,
  RunResult,
  StopReason,
} from './contract.ts'
import { createDelivery, type Delivery } from './delivery.ts'
import * as failures from './failures.ts'
import { inputFor, requestFrom, timeoutOf, unreadableRequest } from './request.ts'
import { refusal, resultFrom, stoppedRun } from './result.ts'

/** Node fires a longer timer at once. */
const LONGEST_TIMER_MS = 2_147_483_647

/** About one batch of the journal. */
const MOST_ARRIVING = 256

export interface DispatcherOptions {
  readonly journal: Journal
  readonly registry: Registry
  readonly admission: Admission
  /** Default: output is kept in results alone. */
  readonly outputs?: OutputStore
  /** Default: the server hears of results alone. */
  readonly progress?: ProgressFactory
  readonly limits: { readonly defaultTimeoutSeconds: number; readonly maxTimeoutSeconds: number }
  readonly logger: Logger
  /** Wall clock in ms. Default: Date.now. */
  readonly now?: () => number
}

/** Takes a command from its arrival to its one result. */
export class Dispatcher {
  readonly delivery: Delivery
  readonly #options: DispatcherOptions
  readonly #now: () => number
  readonly #active = new ActiveCommands()
  #draining = false

  constructor(options: DispatcherOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.delivery = createDelivery(options)
  }

  get running(): number {
    return this.#active.running
  }

  get queued(): number {
    return this.#active.queued
  }

  /** Whether so many commands wait to be looked up and recorded that the next ones had better wait in the socket. */
  get congested(): boolean {
    return this.#active.arriving >= MOST_ARRIVING
  }

  /** A command of the server. Never rejects; the answer goes through the session. */
  receive(payload: CommandPayload): Promise<void> {
    return this.#receive(requestFrom(payload, 'server'), (command) => this.#execute(command))
  }

  /** A frame that was to be a command but can't be understood. Never rejects. */
  receiveBad({ commandId, payload, code, message }: BadFrame & { readonly commandId: string }): Promise<void> {
    return this.#receive(unreadableRequest(commandId, payload), (command) => this.#refuse(command, { code, message }))
  }

  /** A command from this machine: the same way, but its result comes back here and never goes to the server. */
  async runLocal(payload: CommandPayload, onProgress: (item: ProgressItem) => void): Promise<CommandResultPayload> {
    const command = this.#active.begin(requestFrom(payload, 'local'), onProgress)
    try {
      return await this.#execute(command)
    } catch (error) {
      return this.#unrecorded(command.request, error)
    } finally {
      this.#active.end(command)
    }
  }

  /** A command that an earlier process accepted and did not finish: it runs again, under its old record. Never rejects. */
  async resume(record: JournalRecord): Promise<void> {
    const command = this.#active.begin(record.request)
    command.accepted = true
    try {
      this.delivery.deliver(await this.#execute(command))
    } catch (error) {
      this.delivery.deliver(this.#unrecorded(record.request, error))
    } finally {
      this.#active.end(command)
    }
  }

  /** Ends a command wherever it is; may be repeated. An ended one's result is sent again. */
  async cancel(id: string): Promise<void> {
    const command = this.#active.get(id)
    if (command !== undefined) {
      stopFor(command, 'cancel')
      return
    }
    // Before anything is awaited: the command may be in the very next frame.
    this.#active.cancelEarly(id)
    const known = await this.#options.journal.lookup(id).catch(() => undefined)
    if (known !== undefined) this.#active.forgetEarly(id)
    if (known?.result) this.delivery.deliver(known.result)
  }

  /** The server has a result. */
  async acknowledged(id: string): Promise<void> {
    const { journal, outputs, logger } = this.#options
    outputs?.acknowledged(id)
    await journal.acknowledge(id).catch((error: unknown) => {
      logger.warn({ command: id, err: error }, 'an acknowledgement could not be recorded')
    })
  }

  /** Takes no new commands, hands back those that wait. Resolves when the running ones have ended. */
  drain(): Promise<void> {
    this.#draining = true
    for (const command of this.#active) if (!command.running) stopFor(command, 'shutdown')
    return this.#active.allEnded()
  }

  /** Ends all that runs, each with its result. Call after {@link Dispatcher.drain}. */
  interrupt(): void {
    for (const command of this.#active) stopFor(command, 'shutdown')
  }

  async #receive(request: CommandRequest, settle: (command: Active) => Promise<CommandResultPayload>): Promise<void> {
    const active = this.#active.get(request.id)
    if (active !== undefined) {
      this.#answerKnown(request, { digest: active.request.digest, result: null })
      return
    }
    const command = this.#active.begin(request)
    try {
      const known = await this.#options.journal.lookup(request.id)
      if (known === undefined) this.delivery.deliver(await settle(command))
      else this.#answerKnown(request, known)
    } catch (error) {
      this.delivery.deliver(this.#unrecorded(request, error))
    } finally {
      this.#active.end(command)
    }
  }

  /** The id was seen before: the earlier command's answer stands. */
  #answerKnown(request: CommandRequest, known: Pick<JournalEntry, 'digest' | 'result'>): void {
    if (known.digest !== request.digest) {
      this.#options.logger.warn(
        { command: request.id, code: 'COMMAND_ID_REUSED' },
        'a command has the id of another; not run',
      )
      this.#ack(request, 'rejected', 'COMMAND_ID_REUSED')
      return
    }
    this.#ack(request, 'duplicate')
    if (known.result !== null) this.delivery.deliver(known.result)
  }

  /** From a fresh id to its result; docs/protocol.md gives the same order. */
  async #execute(command: Active): Promise<CommandResultPayload> {
    const { request, stop } = command
    const early = failures.obstacle(request, this.#draining, this.#now())
    if (early !== undefined) return await this.#refuse(command, early)
    const type = this.#options.registry.find(request.type)
    if ('failure' in type) return await this.#refuse(command, type.failure)
    if (request.elevated && !type.elevation) return await this.#refuse(command, failures.noElevation(request), type)
    const checked = await type.validate(inputFor(type, request))
    if ('failure' in checked) return await this.#refuse(command, checked.failure, type)
    const timeoutSeconds = timeoutOf(request, type, this.#options.limits)
    const place = await this.#options.admission.admit(type, timeoutSeconds * 1000, request.requester)
    if ('failure' in place) return await this.#refuse(command, place.failure, type)
    try {
      await this.#accept(command, type)
      const late = (await place.wait(stop.signal))
        ? failures.obstacle(request, false, this.#now())
        : failures.stoppedWaiting(stop.signal.reason as StopReason)
      if (late !== undefined) return await this.#refuse(command, late, type)
      return await this.#run(command, type, checked.input, timeoutSeconds)
    } finally {
      place.release(!command.refused)
    }
  }

  async #accept(command: Active, type: CommandType): Promise<void> {
    if (command.accepted) return
    const { plugin, afterCrash } = type
    await this.#options.journal.accept({ request: command.request, plugin, afterCrash, receivedAt: this.#now() })
    command.accepted = true
    this.#ack(command.request, 'accepted')
  }

  async #run(
    command: Active,
    type: CommandType,
    input: unknown,
    timeoutSeconds: number,
  ): Promise<CommandResultPayload> {
    const { journal, outputs, logger } = this.#options
    const { request, stop } = command
    command.running = true
    // Recorded before the end, as it was asked for before. The journal makes up for one that failed.
    const recordedStart = journal.start(request.id, this.#now()).catch(() => {})
    const startedAt = performance.now()
    const timer = setTimeout(() => stopFor(command, 'timeout'), Math.min(timeoutSeconds * 1000, LONGEST_TIMER_MS))
    const output = outputs?.open(request.id)
    const news = command.onProgress ? undefined : this.#options.progress?.(request.id, () => this.delivery.session)
    const tell = command.onProgress ?? news?.tell
    // Kept before it is told: what the socket has no room for can be asked for later.
    const progress = (item: ProgressItem): Promise<void> | undefined => {
      const kept = item.stream === 'event' ? undefined : output?.write(item)
      tell?.(item)
      return kept
    }
    const execution = { command: request, input, timeoutSeconds, signal: stop.signal, progress }
    // One that ends the agent at once, and runs again after that, must be known to have been started, or it would be for ever.
    if (type.afterCrash === 'rerun') await recordedStart
    const ended = await type.run(execution).catch((error: unknown) => this.#hostFault(request.id, error))
    clearTimeout(timer)
    const reason = stop.signal.reason as StopReason
    const final = stop.signal.aborted ? stoppedRun(ended, failures.stopped(reason, timeoutSeconds)) : ended
    command.refused = final.refused === true
    const whole = resultFrom(request.id, final, performance.now() - startedAt, type.plugin)
    const result = request.origin === 'local' ? whole : journal.fit(whole)
    // What ran, ran: a result that can't be recorded is still worth sending.
    const recorded = await journal.finish(request.id, result, !command.refused).then(
      () => result,
      (error: unknown) => void logger.error({ command: request.id, err: error }, 'a result could not be recorded'),
    )
    output?.end(recorded ?? null)
    news?.end(result)
    if (request.origin === 'local') outputs?.acknowledged(request.id)
    this.#log(command, result)
    return result
  }

  /** Recorded before it is sent, so that a repeated delivery gets the same answer whatever has changed since. */
  async #refuse(command: Active, failure: Failure, type?: CommandType): Promise<CommandResultPayload> {
    const { request } = command
    const { journal, logger } = this.#options
    const result = refusal(request.id, failure, type?.plugin)
    const record = { request, plugin: type?.plugin ?? null, afterCrash: 'interrupt', receivedAt: this.#now() } as const
    await (command.accepted ? journal.finish(request.id, result) : journal.refuse(record, result)).catch(
      (error: unknown) => logger.error({ command: request.id, err: error }, 'a refusal could not be recorded'),
    )
    this.#log(command, result)
    return result
  }

  /** The journal keeps the refusal in memory until it can write: a repeated delivery is not to run once it can. */
  #unrecorded(request: CommandRequest, error: unknown): CommandResultPayload {
    const { journal, logger } = this.#options
    logger.error({ command: request.id, err: error }, 'a command could not be recorded and was not run')
    const result = refusal(request.id, failures.NO_JOURNAL)
    const record = { request, plugin: null, afterCrash: 'interrupt', receivedAt: this.#now() } as const
    journal.refuse(record, result).catch(() => {})
    return result
  }

  #hostFault(id: string, error: unknown): RunResult {
    this.#options.logger.error({ command: id, err: error }, 'the plugin host failed while it ran a command')
    return { exitCode: 1, stdout: '', stderr: failures.HOST_FAULT.message, failure: failures.HOST_FAULT }
  }

  #log({ request, running }: Active, result: CommandResultPayload): void {
    const { exit_code: exitCode, duration_ms: durationMs, error } = result
    const fields = { command: request.id, type: request.type.slice(0, 64), exitCode, durationMs, code: error?.code }
    this.#options.logger.info(fields, running ? 'command ended' : 'command refused')
  }

  #ack({ id, origin }: CommandRequest, status: CommandAckPayload['status'], code: string | null = null): void {
    const { session } = this.delivery
    if (origin !== 'server' || !session?.capabilities.has('command_ack')) return
    void session.send({ type: 'command_ack', payload: { command_id: id, status, code } })
  }
}
