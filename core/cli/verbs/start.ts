import { Agent } from '../../agent/agent.ts'
import { withinSeconds } from '../../agent/within-seconds.ts'
import { createTokenSource, prepareDataDir } from '../../config/index.ts'
import { createLocalServer, type DataDirLock, lockDataDir } from '../../local/index.ts'
import { type AgentLog, createLog } from '../../log/index.ts'
import { Redactor } from '../../redaction/index.ts'
import { controlOf } from '../agent-control.ts'
import { becomeOwner } from '../become-owner.ts'
import { EXIT } from '../exit-codes.ts'
import { createLiveConfig, followFile } from '../live-config.ts'
import { type Loaded, load } from '../load.ts'
import type { Call } from '../verb.ts'

/** How long the local socket waits for the connection: Node loads a lot for the first server of a process. */
const SOCKET_WAITS_SECONDS = 0.1

/**
 * `start`: the agent, until a signal ends it. Fails before the first connection on whatever an operator has to mend, but for a local
 * socket that can't be made.
 *
 * @param onSettled Called once it is up, its plugins loaded or failed.
 */
export async function act(call: Call, onSettled: () => void = () => {}): Promise<number> {
  const from = await load(call)
  const { config } = from.loaded
  await becomeOwner(config.agent.dataDir)
  await prepareDataDir(config.agent.dataDir)
  const lock = await lockDataDir(config.agent.dataDir)
  const redactor = new Redactor()
  const log = createLog({ ...config.log, redactor })
  try {
    return await serve(from, { lock, log, redactor, graceSeconds: call.opts<{ grace: number }>().grace, onSettled })
  } finally {
    await lock.release()
    await log.close()
  }
}

interface Parts {
  readonly lock: DataDirLock
  readonly log: AgentLog
  readonly redactor: Redactor
  readonly graceSeconds: number
  readonly onSettled: () => void
}

async function serve({ loaded, source }: Loaded, { log, redactor, graceSeconds, onSettled }: Parts): Promise<number> {
  const { logger } = log
  const { agent: settings, server } = loaded.config
  await createTokenSource({ file: server.tokenFile, onSecret: (secret) => redactor.add(secret) })()
  dieLoudly(log)
  const agent = await Agent.create(loaded, { logger, redactor })
  // Read by now; nothing that runs in this process from here on needs to see it
  delete process.env.GURURMM_TOKEN
  const live = createLiveConfig({ loaded, source, agent, logger, onLogLevel: log.setLevel })
  // From here on there is something to be ended in good order
  const told = untilToldToStop()
  const connected = agent.connect()
  await withinSeconds(SOCKET_WAITS_SECONDS, connected)
  const local = await createLocalServer({ dataDir: settings.dataDir, agent: controlOf(agent, live) }).catch(
    async (error: unknown) => {
      await agent.stop(0)
      throw error
    },
  )
  await connected
  try {
    await agent.begin()
  } catch (error) {
    await local.close()
    throw error
  }
  const unfollow = await followFile(live, logger)
  const { version, agentId, pid } = agent.status
  logger.info({ version, agentId, site: loaded.site, pid, config: loaded.file, socket: local.path }, 'agent started')
  void agent.plugins.ready.then(onSettled)
  const stop = await told
  logger.info(
    { signal: stop.signal, running: agent.status.running },
    'stopping; a second signal ends running commands at once',
  )
  void stop.again.then(() => agent.interrupt())
  unfollow()
  await agent.stop(graceSeconds)
  await local.close()
  logger.info({}, 'agent stopped')
  return EXIT.ok
}

/** What nobody caught leaves the agent in a state that nobody knows: it ends, and the service manager starts a sound one. */
function dieLoudly({ logger, flush }: AgentLog): void {
  process.on('uncaughtException', (error) => {
    logger.error({ err: error }, 'the agent failed and ends')
    flush()
    process.exit(EXIT.failed)
  })
}

/** On Windows, Ctrl+C, Ctrl+Break and the closing of the console come as SIGINT, SIGBREAK and SIGHUP. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', ...(process.platform === 'win32' ? ['SIGBREAK'] : [])]

function untilToldToStop(): Promise<{ signal: string; again: Promise<void> }> {
  const again = Promise.withResolvers<void>()
  return new Promise((resolve) => {
    let told = false
    const tell = (signal: string) => {
      if (told) again.resolve()
      else resolve({ signal, again: again.promise })
      told = true
    }
    for (const signal of STOP_SIGNALS) process.on(signal, tell)
  })
}
