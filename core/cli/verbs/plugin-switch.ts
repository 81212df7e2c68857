import { setPluginEnabled } from '../../config/index.ts'
import { type AgentControl, findAgent, type PluginChange } from '../../local/index.ts'
import { OFF_IN_CONFIG } from '../../plugins/problems.ts'
import { EXIT } from '../exit-codes.ts'
import { type Loaded, load } from '../load.ts'
import { withAgent } from '../local-agent.ts'
import { note, print, printJson, safe, style } from '../output.ts'
import { checkPluginName } from '../plugin-names.ts'
import type { Call } from '../verb.ts'

interface Flags {
  readonly site?: string
  readonly json?: boolean
}

/** How the plugin stands after the switch, at this agent's own site. */
interface Switched {
  readonly name: string
  readonly state: string
  readonly reason: string | null
}

/** `plugin enable|disable NAME [--site S]`: through the running agent, or in the config file alone. */
export async function act(call: Call): Promise<number> {
  const [name = ''] = call.args
  const { site, json } = call.opts<Flags>()
  const from = await load(call)
  const change = { enabled: call.name() === 'enable', site }
  const agent = await findAgent(from.loaded.config.agent.dataDir)
  const now =
    agent === undefined ? await switchAlone(call, from, name, change) : await switchInAgent(agent, from, name, change)
  const switched: Switched = { name, state: now.state, reason: now.reason }
  if (json) printJson(switched)
  else tell(switched, change, from)
  return EXIT.ok
}

/**
 * An agent whose account may not write its own policy, as a service's may not, leaves that to whoever calls here, and follows the file.
 */
async function switchInAgent(agent: AgentControl, from: Loaded, name: string, change: PluginChange): Promise<Switched> {
  try {
    return await agent.setPlugin(name, change)
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes((error as { code?: string }).code ?? '')) throw error
    return switchInFile(from, name, change)
  }
}

/** Where no agent runs, one of this process tells how a plugin that is now on stands. */
async function switchAlone(call: Call, from: Loaded, name: string, change: PluginChange): Promise<Switched> {
  const switched = await switchInFile(from, name, change)
  if (!change.enabled || (change.site !== undefined && change.site !== from.loaded.site)) return switched
  try {
    const plugins = await withAgent(await load(call), (agent) => agent.plugins(), { showsPlugins: true })
    return plugins.find((plugin) => plugin.name === name) ?? switched
  } catch (error) {
    note(`Whether it loads could not be tried: ${safe((error as Error).message)}`)
    return switched
  }
}

/** Takes effect with the next start, or as soon as a running agent has seen it. */
async function switchInFile({ loaded, source }: Loaded, name: string, change: PluginChange): Promise<Switched> {
  checkPluginName(name, Object.keys(loaded.config.plugins))
  const { config } = await setPluginEnabled(source, { plugin: name, ...change })
  return { name, state: config.plugins[name]?.enabled ? 'enabled' : 'disabled', reason: null }
}

function tell({ name, state, reason }: Switched, { enabled, site }: PluginChange, { loaded }: Loaded): void {
  const where = site === undefined ? '' : ` at site ${site}`
  const wanted = enabled ? 'enabled' : 'disabled'
  print(`${style('bold', name)} is ${wanted}${where} (${loaded.file}).`)
  const isHere = site === undefined || site === loaded.site
  if (state === wanted || !isHere) return
  if (state === 'failed') note(`It does not load, though: ${safe(reason ?? '')}`)
  else if (reason !== null && reason !== OFF_IN_CONFIG) note(`It is still ${state} here: ${safe(reason)}`)
  else
    note(
      `It is still ${state} here: \`sites.${loaded.site}.plugins.${name}.enabled\` says so; use --site ${loaded.site}.`,
    )
}
