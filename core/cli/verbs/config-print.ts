import { configSchema } from '../../config/index.ts'
import type { KeySchema } from '../../config/keys.ts'
import { narrowLimits } from '../../limits/narrow.ts'
import type { PluginSettings } from '../../plugins/contract.ts'
import { isOn } from '../../plugins/settings.ts'
import { Policy, readKeptProfile } from '../../policy/index.ts'
import { EXIT } from '../exit-codes.ts'
import { load } from '../load.ts'
import { note, printJson } from '../output.ts'
import type { Call } from '../verb.ts'

/** `config print`: what is in force, all layers merged, the kept site profile included, in the order of the schema. */
export async function act(call: Call): Promise<number> {
  const { loaded } = await load(call)
  const policy = new Policy({ loaded, kept: await readKeptProfile(loaded.config.agent.dataDir), logger: silent })
  const { state, revision, problem } = policy.status
  if (state !== 'none') note(problem ?? `Narrowed by the server’s site profile, revision ${revision}.`)
  const plugins = Object.entries(policy.settings).map(([name, settings]) => [name, inForce(settings)])
  printJson(inOrder(configSchema, { ...loaded.config, plugins: Object.fromEntries(plugins) }))
  return EXIT.ok
}

/** As the config would say it. */
function inForce(settings: PluginSettings): object {
  const { narrowing, ruleOf: _, ...own } = settings
  if (narrowing === undefined) return own
  const { limits = {} } = own
  const types = [...new Set([...Object.keys(limits), ...Object.keys(narrowing.limits)])]
  const narrowed = types.map((type) => [type, narrowLimits(limits[type] ?? {}, narrowing.limits[type] ?? {})])
  return { ...own, enabled: isOn(settings), ...(types.length > 0 && { limits: Object.fromEntries(narrowed) }) }
}

function inOrder(schema: KeySchema, value: unknown): unknown {
  if (schema.properties === undefined || typeof value !== 'object' || value === null) return value
  const given = value as Readonly<Record<string, unknown>>
  const known = Object.entries(schema.properties).filter(([key]) => Object.hasOwn(given, key))
  return Object.fromEntries(known.map(([key, inner]) => [key, inOrder(inner, given[key])]))
}

const silent = { debug() {}, info() {}, warn() {}, error() {} }
