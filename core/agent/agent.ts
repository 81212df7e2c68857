import { readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Logger } from '@gururmm/plugin-sdk'
import { createTokenSource, ensureAgentId, type LoadedConfig, prepareDataDir } from '../config/index.ts'
import type { ProgressItem } from '../dispatch/contract.ts'
import type { Session } from '../dispatch/delivery.ts'
import { Dispatcher } from '../dispatch/dispatcher.ts'
import { connectionHint } from '../hints/connection-hints.ts'
import type { DurableJournal, JournalHealth } from '../journal/index.ts'
import { createLimits } from '../limits/limits.ts'
import type { LinkEvents } from '../link/connection.ts'
import { createLink, type Link, type LinkStatus } from '../link/link.ts'
import type { PluginHost, PluginStatus } from '../plugins/contract.ts'
import { type BadFrame, createDecoder } from '../protocol/index.ts'
import type { CommandPayload, CommandResultPayload, HeartbeatPayload } from '../protocol/messages.ts'
import type { ContainmentReport, Runner } from '../runner/contract.ts'
import { compileSchema } from '../schema/index.ts'
import { findInstallation, type Installation } from './installation.ts'
import { introduce, pluginStates } from './introduction.ts'
import { makePlugins, makeRunner, openJournalOf, type Tools } from './parts.ts'
import { recover } from './recovery.ts'

export interface AgentOptions extends Tools {
  /** Default: this one's. */
  readonly installation?: Installation
}

/** How the agent stands; `gururmm-agent status` shows it. */
export interface AgentStatus {
  readonly agentId: string
  readonly version: string
  readonly pid: number
  readonly uptimeSeconds: number
  readonly site: string
  readonly config: { readonly file: string; readonly digest: string }
  readonly server: LinkStatus
  readonly running: number
  readonly queued: number
  /** Results not yet acknowledged. */
  readonly outbox: number
  readonly journal: JournalHealth
  readonly eventLoopLagMs: number
  readonly containment: ContainmentReport
  readonly plugins: readonly PluginStatus[]
}

/** How long a stop waits for results to reach the server once nothing runs any more. */
const FLUSH_SECONDS = 5

/** How long plugins wait for the first connection before they are loaded all the same. */
const LOAD_AT_LATEST_MS = 1000

/** The agent: the minimal core and the rooms it reaches through interfaces, put together. */
export class Agent {
  readonly plugins: PluginHost
  readonly runner: Runner
  readonly #id: string
  readonly #loaded: LoadedConfig
  readonly #installation: Installation
  readonly #dispatcher: Dispatcher
  readonly #link: Link
  readonly #journal: DurableJournal
  readonly #startedAt = performance.now()
  // Coarse, since each sample is a wake-up; a stall is what it is to show.
  readonly #lag = monitorEventLoopDelay({ resolution: 100 })
  readonly #logger: Logger
  /** Settles with the first connection, or when that takes long: only then plugins' code is loaded. */
  readonly #settled = Promise.withResolvers<void>()

  private constructor(id: string, loaded: LoadedConfig, journal: DurableJournal, options: AgentOptions) {
    const { config } = loaded
    this.#id = id
    this.#loaded = loaded
    this.#logger = options.logger
    this.#installation = options.installation ?? findInstallation()
    this.runner = makeRunner(loaded, options)
    this.plugins = makePlugins(loaded, this.runner, this.#installation, options, this.#settled.promise)
    this.#journal = journal
    const admission = createLimits({ agent: config.limits, startsSince: journal.startsSince })
    const { registry } = this.plugins
    this.#dispatcher = new Dispatcher({ journal, registry, admission, limits: config.limits, logger: options.logger })
    this.#link = this.#makeLink(options)
    this.#lag.enable()
  }

  /**
   * Puts an agent together, begins to load its plugins, and settles what an earlier agent left behind. Nothing is dialled before
   * {@link Agent.connect}.
   *
   * @throws CommandError `DATA_DIR_UNUSABLE`, `AGENT_LOCKED`, `CONFIG_INVALID` (an account or CA file that does not exist).
   */
  static async create(loaded: LoadedConfig, options: AgentOptions): Promise<Agent> {
    const { dataDir, id } = loaded.config.agent
    await prepareDataDir(dataDir)
    const agentId = id ?? (await ensureAgentId(dataDir))
    const agent = new Agent(agentId, loaded, await openJournalOf(loaded, options), options)
    const { runner } = agent
    await recover({ journal: agent.#journal, dispatcher: agent.#dispatcher, runner, logger: options.logger })
    return agent
  }

  /** Dials the server, and keeps the connection from now on. */
  connect(): void {
    setTimeout(this.#settled.resolve, LOAD_AT_LATEST_MS).unref()
    this.#link.start()
  }

  /** Runs a command of this machine; its result comes back here. */
  run(payload: CommandPayload, onProgress: (item: ProgressItem) => void): Promise<CommandResultPayload> {
    return this.#dispatcher.runLocal(payload, onProgress)
  }

  /** Ends a command wherever it is. */
  cancel(id: string): Promise<void> {
    return this.#dispatcher.cancel(id)
  }

  get status(): AgentStatus {
    return {
      agentId: this.#id,
      version: this.#installation.version,
      pid: process.pid,
      uptimeSeconds: this.#uptime(),
      site: this.#loaded.site,
      config: { file: this.#loaded.file, digest: this.#loaded.digest },
      server: this.#link.status,
      running: this.#dispatcher.running,
      queued: this.#dispatcher.queued,
      outbox: this.#journal.outboxSize,
      journal: this.#journal.health(),
      eventLoopLagMs: this.#lagMs(),
      containment: this.runner.containment,
      plugins: this.plugins.list(),
    }
  }

  /**
   * Stops gracefully: takes no new commands, waits for the running ones, ends those that are still running after `graceSeconds`,
   * sends the results, closes the connection and the plugins.
   */
  async stop(graceSeconds: number): Promise<void> {
    const drained = this.#dispatcher.drain()
    const deadline = setTimeout(() => this.#dispatcher.interrupt(), graceSeconds * 1000)
    await drained
    clearTimeout(deadline)
    await withinSeconds(FLUSH_SECONDS, this.#dispatcher.delivery.settled())
    await this.#link.stop()
    await this.plugins.close()
    await this.runner.close()
    await this.#journal.close()
    this.#lag.disable()
  }

  /** Ends at once what still runs, also during {@link Agent.stop}. */
  interrupt(): void {
    this.#dispatcher.interrupt()
  }

  #makeLink({ logger, redactor }: AgentOptions): Link {
    const { server } = this.#loaded.config
    const token = createTokenSource({ file: server.tokenFile, onSecret: (secret) => redactor.add(secret) })
    return createLink(
      {
        url: server.url,
        token,
        tokenInMessage: server.tokenInMessage,
        ca: server.tls.caFile === null ? null : readFileSync(server.tls.caFile, 'utf8'),
        heartbeatSeconds: server.heartbeatSeconds,
        reconnect: server.reconnect,
        decode: createDecoder(compileSchema),
        hint: connectionHint,
        logger,
        hello: () => {
          const plugins = this.plugins.list()
          return introduce({ id: this.#id, site: this.#loaded.site, version: this.#installation.version, plugins })
        },
        heartbeat: () => this.#heartbeat(),
      },
      this.#linkEvents(),
    )
  }

  #linkEvents(): LinkEvents {
    const { delivery } = this.#dispatcher
    return {
      ready: (session) => {
        delivery.connected(session)
        this.#settled.resolve()
      },
      gone: (session) => delivery.disconnected(session),
      bad: (frame, session) => this.#receiveBad(frame, session),
      message: ({ type, payload }) => {
        if (type === 'command') void this.#dispatcher.receive(payload)
        else if (type === 'command_cancel') void this.#dispatcher.cancel(payload.command_id)
        else void this.#dispatcher.acknowledged(payload.command_id)
      },
    }
  }

  /** Who sent a command gets a result; for the rest there is only an `error`, or the log. */
  #receiveBad(frame: BadFrame, session: Session): void {
    const { commandId, code, message } = frame
    if (commandId !== undefined) void this.#dispatcher.receiveBad({ ...frame, commandId })
    else if (session.capabilities.has('error')) void session.send({ type: 'error', payload: { code, message } })
    else this.#logger.warn({ code }, message)
  }

  #heartbeat(): HeartbeatPayload {
    const { available, reason } = this.#journal.health()
    const payload = {
      agent_id: this.#id,
      uptime_seconds: this.#uptime(),
      running: this.#dispatcher.running,
      queued: this.#dispatcher.queued,
      outbox: this.#journal.outboxSize,
      event_loop_lag_ms: this.#lagMs(),
      plugins: pluginStates(this.plugins.list()),
      journal: { available, reason },
      config_digest: this.#loaded.digest,
    }
    this.#lag.reset()
    return payload
  }

  #uptime(): number {
    return Math.floor((performance.now() - this.#startedAt) / 1000)
  }

  /** p99 since the last heartbeat, above the sampling interval itself. */
  #lagMs(): number {
    return Math.max(0, Math.round((this.#lag.percentile(99) / 1e6 - 100) * 10) / 10)
  }
}

/** Settles with the promise, or after so many seconds. */
async function withinSeconds(seconds: number, promise: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, seconds * 1000)
  await Promise.race([promise, late.promise])
  clearTimeout(timer)
}
