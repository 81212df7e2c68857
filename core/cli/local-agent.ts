import { setTimeout as delay } from 'node:timers/promises'
import { prepareDataDir } from '../config/index.ts'
import { type AgentControl, findAgent, lockDataDir } from '../local/index.ts'
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
      const lock = await lockDataDir(dataDir)
      // Only now: a whole agent is much to load for a question to the one that runs
      const { withOwnAgent } = await import('./own-agent.ts')
      return await withOwnAgent(from, lock, use)
    } catch (error) {
      if ((error as { code?: string }).code !== 'AGENT_LOCKED' || tries === TRIES) throw error
      await delay(TRY_EVERY_MS)
    }
  }
}
