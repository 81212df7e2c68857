import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger } from '@gururmm/plugin-sdk'
import { Agent } from '../agent/agent.ts'
import { loadConfig } from '../config/index.ts'
import type { AgentControl, DataDirLock } from '../local/index.ts'
import { createLog } from '../log/index.ts'
import { PROBLEM_LINE } from '../plugins/problems.ts'
import { Redactor } from '../redaction/index.ts'
import { controlOf } from './agent-control.ts'
import { createLiveConfig } from './live-config.ts'
import type { Loaded } from './load.ts'
import type { AgentUse } from './local-agent.ts'

/** Gives `use` an agent of this process that does not dial, and gives back the lock when it is done. */
export async function withOwnAgent<T>(
  { loaded, source }: Loaded,
  lock: DataDirLock,
  use: (agent: AgentControl) => Promise<T>,
  { showsPlugins = false }: AgentUse = {},
): Promise<T> {
  const redactor = new Redactor()
  const { log } = loaded.config
  // Beside the command's own output only what needs attention, in words; who debugs gets all of it
  const brief = log.file === null && log.level !== 'debug'
  const ownLog = createLog({ ...log, level: brief ? 'warn' : log.level, brief, redactor })
  const logger = brief && showsPlugins ? withoutProblems(ownLog.logger) : ownLog.logger
  try {
    const agent = await Agent.create(loaded, { logger, redactor })
    await agent.begin()
    try {
      await agent.plugins.load()
      const live = createLiveConfig({ loaded, source, agent, logger })
      return await use(controlOf(agent, live))
    } finally {
      await agent.stop(0)
    }
  } finally {
    await lock.release()
    await ownLog.close()
  }
}

/**
 * Gives `use` an agent that was never started: on a config with these flags more, and on a data folder of its own, so that nothing of an
 * agent that runs is touched.
 */
export async function withTrialAgent<T>(
  { source }: Loaded,
  flags: Readonly<Record<string, string>>,
  use: (agent: AgentControl) => Promise<T>,
): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gururmm-trial-'))
  const trial = { ...source, flags: { ...source.flags, ...flags, 'agent.dataDir': dataDir } }
  const redactor = new Redactor()
  const ownLog = createLog({ ...QUIET, redactor })
  try {
    const loaded = await loadConfig(trial)
    const agent = await Agent.create(loaded, { logger: ownLog.logger, redactor })
    try {
      await agent.plugins.load()
      return await use(controlOf(agent, createLiveConfig({ loaded, source: trial, agent, logger: ownLog.logger })))
    } finally {
      await agent.stop(0)
    }
  } finally {
    await ownLog.close()
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** The same log without plugins' problems. */
function withoutProblems(logger: Logger): Logger {
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => {
      if (message !== PROBLEM_LINE) logger.error(fields, message)
    },
  }
}

const QUIET = { level: 'error', file: null, maxBytes: 4096, files: 1, brief: true } as const
