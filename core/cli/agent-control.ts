import type { Agent } from '../agent/agent.ts'
import { type LoadOptions, setPluginEnabled } from '../config/index.ts'
import type { AgentControl, CheckGroup } from '../local/index.ts'
import { checkPluginName } from './plugin-names.ts'

/** An agent of this process as its own command line and socket use it. */
export function controlOf(agent: Agent, source: LoadOptions): AgentControl {
  return {
    run(command, { onProgress = () => {}, signal } = {}) {
      const cancel = () => void agent.cancel(command.id)
      signal?.addEventListener('abort', cancel, { once: true })
      const ended = agent.run(command, onProgress)
      if (signal?.aborted) cancel()
      return ended.finally(() => signal?.removeEventListener('abort', cancel))
    },
    status: async () => agent.status,
    plugins: async () => agent.plugins.list(),
    async setPlugin(name, change) {
      checkPluginName(
        name,
        agent.plugins.list().map((plugin) => plugin.name),
      )
      const { config } = await setPluginEnabled(source, { plugin: name, ...change })
      const settings = config.plugins[name]
      const done = settings === undefined ? undefined : agent.plugins.reconfigure(name, settings)
      // Switching off takes as long as the plugin's last command; it takes no new ones from now on
      if (settings?.enabled === true) await done
      const status = agent.plugins.list().find((plugin) => plugin.name === name)
      if (status === undefined) throw new Error(`The plugin ${name} was not taken up.`)
      return status
    },
    doctor: () => checksOf(agent),
  }
}

async function checksOf({ runner, plugins }: Agent): Promise<readonly CheckGroup[]> {
  const { kind, explanation } = runner.containment
  const own = { name: 'runner', checks: [{ name: 'containment', ok: true, message: `${kind}: ${explanation}` }] }
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
