import { findInstallation } from '../../agent/installation.ts'
import type { LoadedConfig } from '../../config/index.ts'
import type { AgentControl } from '../../local/index.ts'
import type { CommandSummary, PluginStatus } from '../../plugins/contract.ts'
import { EXIT } from '../exit-codes.ts'
import { load } from '../load.ts'
import { withAgent } from '../local-agent.ts'
import { print, printJson, safe, stateText, style } from '../output.ts'
import { checkPluginName, notConfigured } from '../plugin-names.ts'
import type { Call } from '../verb.ts'

/** `plugin info NAME`. */
export async function act(call: Call): Promise<number> {
  const [name = ''] = call.args
  const from = await load(call)
  const plugin = await withAgent(from, (agent) => find(agent, name), { showsPlugins: true })
  if (call.opts<{ json?: boolean }>().json) printJson(plugin)
  else for (const line of describe(plugin, from.loaded)) print(line)
  return EXIT.ok
}

async function find(agent: AgentControl, name: string): Promise<PluginStatus> {
  const plugins = await agent.plugins()
  const found = plugins.find((plugin) => plugin.name === name)
  if (found !== undefined) return found
  const configured = plugins.map((plugin) => plugin.name)
  checkPluginName(name, configured)
  return notConfigured(name)
}

function describe(plugin: PluginStatus, { config }: LoadedConfig): string[] {
  const { name, version, state, reason, permissions, commands, configSchema } = plugin
  return [
    `${style('bold', name)} ${version ?? ''} ${stateText(state)}`.trim(),
    ...(reason === null ? [] : [safe(reason)]),
    `From: ${originOf(plugin, config.plugins[name]?.use)}`,
    `Permissions: ${version === null ? 'unknown before it loads' : safe(JSON.stringify(permissions))}`,
    ...commands.flatMap(describeCommand),
    ...(configSchema === null ? [] : ['', style('bold', 'Config schema'), JSON.stringify(configSchema, null, 2)]),
  ]
}

/** @param use what the config names: all that is known of one that was not found. */
function originOf({ name, shipped, folder }: PluginStatus, use: string | undefined): string {
  if (shipped && Object.hasOwn(findInstallation().shippedFolders, name)) return 'shipped with the agent'
  if (folder !== null) return safe(folder)
  if (use === undefined) return `unknown: no such plugin is shipped, and the config has no \`plugins.${name}.use\``
  return `${safe(use)} (\`plugins.${name}.use\`)`
}

function describeCommand({ type, description, timeoutSeconds, limits, elevation, schemas }: CommandSummary): string[] {
  return [
    '',
    `${style('bold', type)}: ${safe(description)}`,
    `  Deadline: ${timeoutSeconds === null ? 'the agent’s default' : `${timeoutSeconds} s`}`,
    `  Limits: ${JSON.stringify(limits)}`,
    `  Elevation: ${elevation ? 'possible' : 'no'}`,
    `  Flags: gururmm-agent run ${type} --help`,
    `  Input: ${JSON.stringify(schemas.input, null, 2).replaceAll('\n', '\n  ')}`,
  ]
}
