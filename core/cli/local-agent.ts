import { setTimeout as delay } from 'node:timers/promises'
import { prepareDataDir } from '../config/index.ts'
import { type AgentControl, type DataDirLock, findAgent, lockDataDir } from '../local/index.ts'
import type { HistoryReader } from '../query/index.ts'
import { becomeOwner } from './become-owner.ts'
import type { Loaded } from './load.ts'

/** How often, and in how many ms, a locked folder is tried again: an agent that is just starting will soon answer. */
const TRIES = 30
const TRY_EVERY_MS = 100

/** What an agent of this process is used for. */
export interface AgentUse {
  /** Whether how each plugin stands is shown anyway: its problems are then not told beside it. Default: false. */
  readonly showsPlugins?: boolean
}

/**
 * Gives `use` the running agent, or where none runs one of this process, which holds the data folder meanwhile and does not dial.
 *
 * @throws LocalError `AGENT_LOCKED` where the folder is taken by something that does not answer.
 */
export function withAgent<T>(
  from: Loaded,
  use: (agent: AgentControl) => Promise<T>,
  options: AgentUse = {},
): Promise<T> {
  return withFolder(from, use, async (lock) => {
    // Only now: a whole agent is much to load for a question to the one that runs
    const { withOwnAgent } = await import('./own-agent.ts')
    return withOwnAgent(from, lock, use, options)
  })
}

/**
 * Gives `use` what is known of the agent's commands, from the running agent or, where none runs, from the data folder itself.
 *
 * @throws LocalError `AGENT_LOCKED`.
 */
export function withHistory<T>(from: Loaded, use: (history: HistoryReader) => Promise<T>): Promise<T> {
  return withFolder(
    from,
    (agent) => use(agent.history),
    async (lock) => {
      const { withOwnHistory } = await import('./history/own-history.ts')
      return withOwnHistory(from, lock, use)
    },
  )
}

/** @param whenLocked releases the lock. */
async function withFolder<T>(
  from: Loaded,
  whenRunning: (agent: AgentControl) => Promise<T>,
  whenLocked: (lock: DataDirLock) => Promise<T>,
): Promise<T> {
  const { dataDir } = from.loaded.config.agent
  for (let tries = 1; ; tries++) {
    const running = await findAgent(dataDir)
    if (running !== undefined) return whenRunning(running)
    try {
      await becomeOwner(dataDir)
      await prepareDataDir(dataDir)
      return await whenLocked(await lockDataDir(dataDir))
    } catch (error) {
      if ((error as { code?: string }).code !== 'AGENT_LOCKED' || tries === TRIES) throw error
      await delay(TRY_EVERY_MS)
    }
  }
}
