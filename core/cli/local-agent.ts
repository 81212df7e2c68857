import { setTimeout as delay } from 'node:timers/promises'
import { Agent } from '../agent/agent.ts'
import { prepareDataDir } from '../config/index.ts'
import { type AgentControl, type DataDirLock, findAgent, lockDataDir } from '../local/index.ts'
import { createLog } from '../log/index.ts'
import { Redactor } from '../redaction/index.ts'
import { controlOf } from './agent-control.ts'
import type { Loaded } from './load.ts'

/** How often, and in how many ms, a locked folder is tried again: an agent that is just starting will soon answer. */
const TRIES = 30
const TRY_EVERY_MS = 100

/**
 * Gives `use` the running agent, or where none runs one of this process, which holds the data folder meanwhile and does not dial.
 *
 * @throws LocalError `AGENT_LOCKED` where the folder is taken by something that does not answer.
 */
export async function withAgent<T>(from: Loaded, use: (agent: AgentControl) => Promise<T>): Promise<T> {
  const { dataDir } = from.loaded.config.agent
  for (let tries = 1; ; tries++) {
    const running = await findAgent(dataDir)
    if (running !== undefined) return use(running)
    try {
      await prepareDataDir(dataDir)
      return await withOwnAgent(from, await lockDataDir(dataDir), use)
    } catch (error) {
      if ((error as { code?: string }).code !== 'AGENT_LOCKED' || tries === TRIES) throw error
      await delay(TRY_EVERY_MS)
    }
  }
}

async function withOwnAgent<T>(
  { loaded, source }: Loaded,
  lock: DataDirLock,
  use: (agent: AgentControl) => Promise<T>,
): Promise<T> {
  const redactor = new Redactor()
  const { log } = loaded.config
  // On the terminal only what needs attention, beside the command's own output
  const ownLog = createLog({ ...log, level: log.file === null && log.level !== 'debug' ? 'warn' : log.level, redactor })
  try {
    const agent = await Agent.create(loaded, { logger: ownLog.logger, redactor })
    try {
      await agent.plugins.ready
      return await use(controlOf(agent, source))
    } finally {
      await agent.stop(0)
    }
  } finally {
    await lock.release()
    await ownLog.close()
  }
}
