import type { Agent } from '../agent/agent.ts'
import { setPluginEnabled } from '../config/index.ts'
import type { AgentControl, CheckGroup } from '../local/index.ts'
import type { LiveConfig } from './live-config.ts'
import { checkPluginName, notConfigured } from './plugin-names.ts'

/** An agent of this process as its own command line and socket use it. */
export function controlOf(agent: Agent, live: LiveConfig): AgentControl {
  return {
    run(command, { onProgress = () => {}, signal, asker } = {}) {
      const cancel = () => void agent.cancel(command.id)
      signal?.addEventListener('abort', cancel, { once: true })
      const ended = agent.run(command, onProgress, asker)
      if (signal?.aborted) cancel()
      return ended.finally(() => signal?.removeEventListener('abort', cancel))
    },
    explain: (command) => agent.explain(command),
    async status() {
      const { config, ...status } = agent.status
      return { ...status, config: { ...config, problem: live.problem } }
    },
    plugins: async () => agent.plugins.list(),
    async setPlugin(name, change) {
      const known = () => agent.plugins.list().map((plugin) => plugin.name)
      // `plugin install` may have named it a moment ago, and the file's change not have settled yet
      if (!known().includes(name)) await live.reload()
      checkPluginName(name, known())
      await live.apply(await setPluginEnabled(live.source, { plugin: name, ...change }))
      const status = agent.plugins.list().find((plugin) => plugin.name === name)
      // Named only in another site's section: to this agent it does not exist
      return status ?? notConfigured(name)
    },
    async reloadPlugin(name) {
      checkPluginName(
        name,
        agent.plugins.list().map((plugin) => plugin.name),
      )
      return agent.plugins.reload(name)
    },
    doctor: () => checksOf(agent),
    history: agent.history,
  }
}

async function checksOf({ runner, plugins }: Agent): Promise<readonly CheckGroup[]> {
  const { kind, explanation } = runner.containment
  const containment = { name: 'containment', ok: true, message: `${kind}: ${explanation}` }
  const starts = { name: 'starts', ok: true, message: `programs are started ${runner.starts}` }
  const own = { name: 'runner', checks: [containment, starts] }
  const groups = plugins.list().map(async ({ name, state }) => {
    const checks = await plugins.check(name)
    const nothing = {
      name: 'state',
      ok: true,
      message: state === 'disabled' ? 'switched off' : 'enabled; it has no checks of its own',
    }
    return { name, checks: checks.length === 0 ? [nothing] : checks }
  })
  return [own, ...(await Promise.all(groups))]
}
