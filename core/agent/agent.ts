import { readFileSync } from 'node:fs'
import type { Logger } from '@gururmm/plugin-sdk'
import { type Approvals, type Asker, createApprovals } from '../approvals/index.ts'
import { createTokenSource, ensureAgentId, type LoadedConfig, prepareDataDir } from '../config/index.ts'
import type { ProgressItem } from '../dispatch/contract.ts'
import { Dispatcher } from '../dispatch/dispatcher.ts'
import { connectionHint } from '../hints/connection-hints.ts'
import type { DurableJournal } from '../journal/index.ts'
import type { Limiter } from '../limits/limits.ts'
import { Link } from '../link/link.ts'
import type { PluginHost } from '../plugins/contract.ts'
import { type Explanation, explainCommand, type KeptProfile, Policy, readKeptProfile } from '../policy/index.ts'
import { createProgress } from '../progress/index.ts'
import { createDecoder } from '../protocol/index.ts'
import type { CommandPayload, CommandResultPayload, HeartbeatPayload } from '../protocol/messages.ts'
import { createHistoryReader, createQueries, type HistoryReader } from '../query/index.ts'
import type { Runner } from '../runner/contract.ts'
import { compileSchema } from '../schema/index.ts'
import type { Spool } from '../spool/index.ts'
import { findInstallation, type Installation } from './installation.ts'
import { introduce, pluginStates, printable } from './introduction.ts'
import { createLag } from './lag.ts'
import { openingJournal } from './opening-journal.ts'
import { makeAdmission, makePlugins, makeRunner, openJournalOf, openSpoolOf, type Tools } from './parts.ts'
import { recover } from './recovery.ts'
import { serverMessages } from './server-messages.ts'
import { type AgentStatus, wireStatus } from './status.ts'
import { withinSeconds } from './within-seconds.ts'

export type { AgentStatus } from './status.ts'

export interface AgentOptions extends Tools {
  /** Default: this one's. */
  readonly installation?: Installation
}

/** How long a stop waits for results to reach the server once nothing runs any more. */
const FLUSH_SECONDS = 5

/** How long plugins wait for the first connection before they are loaded all the same. */
const LOAD_AT_LATEST_MS = 1000

/** How long journal and recovery wait for it: they block the event loop for moments, in which a connection could be made. */
const CONNECT_FIRST_SECONDS = 0.3

/** The agent: the minimal core and the rooms it reaches through interfaces, put together. */
export class Agent {
  readonly plugins: PluginHost
  readonly runner: Runner
  /** What is known of this agent's commands. */
  readonly history: HistoryReader
  readonly #id: string
  #loaded: LoadedConfig
  #configProblem: string | null = null
  readonly #policy: Policy
  readonly #limiter: Limiter
  readonly #installation: Installation
  readonly #dispatcher: Dispatcher
  readonly #approvals: Approvals
  readonly #link: Link
  readonly #opening: Promise<DurableJournal>
  readonly #journal: DurableJournal
  readonly #spool: Spool
  readonly #logger: Logger
  readonly #startedAt = performance.now()
  readonly #lag = createLag()
  /** Resolved when the turn of the journal and the spool to be opened has come. */
  readonly #mayOpen = Promise.withResolvers<void>()
  /** Settles with the first connection, or when that takes long: only then plugins' code is loaded. */
  readonly #settled = Promise.withResolvers<void>()
  /** Settles when what an earlier agent left behind is settled: only then the server is listened to. */
  readonly #begun = Promise.withResolvers<void>()

  private constructor(id: string, loaded: LoadedConfig, kept: KeptProfile, options: AgentOptions) {
    const { config } = loaded
    this.#logger = options.logger
    this.#id = id
    this.#loaded = loaded
    this.#installation = options.installation ?? findInstallation()
    this.runner = makeRunner(loaded, options)
    this.#policy = new Policy({ loaded, kept, logger: options.logger })
    this.#approvals = createApprovals(() => this.#dispatcher.delivery.session)
    const { promise: loadAfter } = this.#settled
    const { runner } = this
    this.plugins = makePlugins(loaded, this.#policy, runner, this.#installation, options, this.#approvals, loadAfter)
    this.#opening = this.#mayOpen.promise.then(() => openJournalOf(loaded, options))
    const journal = openingJournal(this.#opening)
    this.#journal = journal
    this.#spool = openSpoolOf(loaded, options, this.#mayOpen.promise)
    this.history = createHistoryReader({ journal, spool: this.#spool })
    this.#limiter = makeAdmission(loaded, journal)
    const { registry } = this.plugins
    const { limits } = config
    const { logger } = options
    this.#dispatcher = new Dispatcher({
      journal,
      registry,
      admission: this.#limiter,
      outputs: this.#spool,
      progress: createProgress,
      limits,
      logger,
    })
    this.#link = this.#makeLink(options)
  }

  /**
   * Puts an agent together. What it is asked for waits until {@link Agent.begin} has come so far.
   *
   * @throws CommandError `DATA_DIR_UNUSABLE`, `CONFIG_INVALID` (an account or CA file that does not exist).
   */
  static async create(loaded: LoadedConfig, options: AgentOptions): Promise<Agent> {
    const { dataDir, id } = loaded.config.agent
    await prepareDataDir(dataDir)
    const agentId = id ?? (await ensureAgentId(dataDir))
    return new Agent(agentId, loaded, await readKeptProfile(dataDir), options)
  }

  /**
   * Opens the journal and settles what an earlier agent left behind. What the server sends before that is done waits.
   *
   * @throws CommandError `AGENT_LOCKED`. Nothing of the agent is left running then.
   */
  async begin(): Promise<void> {
    try {
      this.#lag.begin()
      this.#mayOpen.resolve()
      await this.#opening
      await recover({ journal: this.#journal, dispatcher: this.#dispatcher, runner: this.runner, logger: this.#logger })
      this.#begun.resolve()
    } catch (error) {
      await this.#link.stop()
      this.#lag.end()
      throw error
    }
  }

  /** Dials the server, and keeps the connection from now on. Resolves with the first one, or before long without. */
  connect(): Promise<void> {
    setTimeout(this.#settled.resolve, LOAD_AT_LATEST_MS).unref()
    this.#link.start()
    return withinSeconds(CONNECT_FIRST_SECONDS, this.#settled.promise)
  }

  /**
   * Runs a command of this machine; its result comes back here.
   *
   * @param asker asks who called it, where it wants an approval. Absent: nobody can be asked.
   */
  async run(
    payload: CommandPayload,
    onProgress: (item: ProgressItem) => void,
    asker?: Asker,
  ): Promise<CommandResultPayload> {
    const forget = asker && this.#approvals.useAsker(payload.id, asker)
    try {
      return await this.#dispatcher.runLocal(payload, onProgress)
    } finally {
      forget?.()
    }
  }

  /**
   * Puts a changed config in force, as far as plugins go; the rest of it waits for the next start.
   *
   * @returns the plugins that changed, once they have taken it up.
   */
  adopt(loaded: LoadedConfig): Promise<readonly string[]> {
    this.#loaded = loaded
    return this.#policy.adopt(loaded)
  }

  /** Tells the server at once how the config stands now; `problem`: why the file is not (wholly) in force. */
  reportConfig(problem: string | null): void {
    this.#configProblem = problem
    this.#link.beat()
  }

  /** What would become of a command, and by which rules. Runs nothing. */
  explain(payload: CommandPayload): Promise<Explanation> {
    const { site, ruleOf } = this.#loaded
    this.#mayOpen.resolve() // An agent that never begins has limits too, which ask the journal.
    return explainCommand(payload, { site, ruleOf, plugins: this.plugins, limiter: this.#limiter })
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
      siteProfile: this.#policy.status,
      server: this.#link.status,
      running: this.#dispatcher.running,
      queued: this.#dispatcher.queued,
      outbox: this.#journal.outboxSize,
      journal: this.#journal.health(),
      eventLoopLagMs: this.#lag.ms,
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
    this.#mayOpen.resolve()
    await this.#spool.close()
    await this.#journal.close()
    this.#lag.end()
  }

  /** Ends at once what still runs, also during {@link Agent.stop}. */
  interrupt(): void {
    this.#dispatcher.interrupt()
  }

  #makeLink({ logger, redactor }: AgentOptions): Link {
    const { server } = this.#loaded.config
    const { history } = this
    const status = () => wireStatus(this.status)
    const queries = createQueries({ history, status, plugins: () => this.plugins.list(), logger })
    const token = createTokenSource({ file: server.tokenFile, onSecret: (secret) => redactor.add(secret) })
    return new Link(
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
        congested: () => this.#dispatcher.congested,
        heartbeat: () => this.#heartbeat(),
      },
      serverMessages({
        dispatcher: this.#dispatcher,
        queries,
        policy: this.#policy,
        approvals: this.#approvals,
        logger,
        onReady: this.#settled.resolve,
        begun: this.#begun.promise,
      }),
    )
  }

  #heartbeat(): HeartbeatPayload {
    const { available, reason } = this.#journal.health()
    const payload = {
      agent_id: this.#id,
      uptime_seconds: this.#uptime(),
      running: this.#dispatcher.running,
      queued: this.#dispatcher.queued,
      outbox: this.#journal.outboxSize,
      event_loop_lag_ms: this.#lag.ms,
      plugins: pluginStates(this.plugins.list()),
      journal: { available, reason },
      config_digest: this.#loaded.digest,
      config_problem: this.#configProblem === null ? null : printable(this.#configProblem),
    }
    this.#lag.reset()
    return payload
  }

  #uptime(): number {
    return Math.floor((performance.now() - this.#startedAt) / 1000)
  }
}
