import { Agent } from '../../agent/agent.ts'
import type { Installation } from '../../agent/installation.ts'
import { loadConfig } from '../../config/index.ts'
import { type AgentControl, createLocalServer, lockDataDir } from '../../local/index.ts'
import type { PluginStatus } from '../../plugins/contract.ts'
import { Redactor } from '../../redaction/index.ts'
import { controlOf } from '../agent-control.ts'
import { createLiveConfig } from '../live-config.ts'
import { note, styleError } from '../output.ts'
import { createDevLogger } from './dev-logger.ts'
import type { Workshop } from './workshop.ts'

/** An agent that dials nobody and serves another terminal. */
export interface DevAgent {
  /** Puts what the workshop built in force, with the plugin's process started. @returns how it stands, the author's files named. */
  take(name: string): Promise<{ readonly status: PluginStatus | undefined; readonly problems: readonly string[] }>
  stop(): Promise<void>
}

export async function startDevAgent({ configFile, stage }: Workshop, installation: Installation): Promise<DevAgent> {
  const redactor = new Redactor()
  const logger = createDevLogger(redactor, stage.own)
  const source = { file: configFile, env: {} }
  const loaded = await loadConfig(source)
  const { dataDir } = loaded.config.agent
  const lock = await lockDataDir(dataDir)
  const agent = await Agent.create(loaded, { logger, redactor, installation })
  await agent.begin()
  await agent.plugins.load()
  const live = createLiveConfig({ loaded, source, agent, logger })
  const local = await createLocalServer({ dataDir, agent: tellingRuns(controlOf(agent, live)) })
  return {
    async take(name) {
      await live.apply(await loadConfig(source))
      // It would start with its first command; what is wrong with it is to be known now
      const checks = await agent.plugins.check(name)
      const status = agent.plugins.list().find((plugin) => plugin.name === name)
      const failed = checks.filter(({ ok }) => !ok).map(({ message }) => message)
      const problems = [...new Set([...(status?.reason == null ? [] : [status.reason]), ...failed])]
      return { status, problems: problems.map(stage.own) }
    },
    async stop() {
      await agent.stop(0)
      await local.close()
      await lock.release()
    },
  }
}

/** Says in this terminal what the other one had run. */
function tellingRuns(control: AgentControl): AgentControl {
  return {
    ...control,
    async run(command, options) {
      const result = await control.run(command, options)
      const type =
        typeof command.command_type === 'string' ? command.command_type : Object.keys(command.command_type)[0]
      const end =
        result.error == null ? `exit code ${result.exit_code}` : `${result.error.code}: ${result.error.message}`
      note(`${styleError('cyan', 'ran  ')} ${type} in ${result.duration_ms} ms: ${end}`)
      return result
    },
  }
}
