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
  const plugin = await withAgent(await load(call), (agent) => find(agent, name))
  if (call.opts<{ json?: boolean }>().json) printJson(plugin)
  else for (const line of describe(plugin)) print(line)
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

function describe(plugin: PluginStatus): string[] {
  const { name, version, state, reason, shipped, folder, permissions, commands, configSchema } = plugin
  return [
    `${style('bold', name)} ${version ?? ''} ${stateText(state)}`.trim(),
    ...(reason === null ? [] : [safe(reason)]),
    `From: ${shipped ? 'shipped with the agent' : (folder ?? 'nowhere')}`,
    `Permissions: ${safe(JSON.stringify(permissions))}`,
    ...commands.flatMap(describeCommand),
    ...(configSchema === null ? [] : ['', style('bold', 'Config schema'), JSON.stringify(configSchema, null, 2)]),
  ]
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
