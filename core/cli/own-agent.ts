import { Agent } from '../agent/agent.ts'
import type { AgentControl, DataDirLock } from '../local/index.ts'
import { createLog } from '../log/index.ts'
import { Redactor } from '../redaction/index.ts'
import { controlOf } from './agent-control.ts'
import { createLiveConfig } from './live-config.ts'
import type { Loaded } from './load.ts'

/** Gives `use` an agent of this process that does not dial, and gives back the lock when it is done. */
export async function withOwnAgent<T>(
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
    await agent.begin()
    try {
      await agent.plugins.load()
      const live = createLiveConfig({ loaded, source, agent, logger: ownLog.logger })
      return await use(controlOf(agent, live))
    } finally {
      await agent.stop(0)
    }
  } finally {
    await lock.release()
    await ownLog.close()
  }
}
