import { installedFolder } from '../../author/installed.ts'
import type { LoadedConfig } from '../../config/index.ts'
import type { PluginStatus } from '../../plugins/contract.ts'
import { isFolderPath } from '../../plugins/formats.ts'
import { isInside } from '../../runner/index.ts'
import { EXIT } from '../exit-codes.ts'
import { load } from '../load.ts'
import { withAgent } from '../local-agent.ts'
import { print, printJson, safe, stateText, style, table } from '../output.ts'
import type { Call } from '../verb.ts'

/** A plugin with what only the config says of it. */
interface Listed extends PluginStatus {
  readonly from: 'shipped' | 'installed' | 'folder' | 'package' | 'unknown'
  /** `none`: in the agent's own process. */
  readonly isolation: 'none' | 'process' | 'sandbox'
  readonly pinned: boolean
}

/** `plugin list`. */
export async function act(call: Call): Promise<number> {
  const source = await load(call)
  const found = await withAgent(source, (agent) => agent.plugins(), { showsPlugins: true })
  const plugins = found.map((one) => withConfig(one, source.loaded))
  if (call.opts<{ json?: boolean }>().json) printJson(plugins)
  else if (plugins.length === 0) print('The config names no plugins; add them under `plugins`.')
  else await show(plugins)
  return EXIT.ok
}

function withConfig(status: PluginStatus, { config }: LoadedConfig): Listed {
  const { use, isolation = 'process', integrity } = config.plugins[status.name] ?? {}
  const isInstalled =
    status.folder !== null && isInside(installedFolder(config.agent.dataDir, status.name), status.folder)
  const elsewhere = use === undefined ? 'unknown' : isFolderPath(use) ? 'folder' : 'package'
  const isShipped = status.shipped && status.folder !== null
  return {
    ...status,
    from: isShipped ? 'shipped' : isInstalled ? 'installed' : elsewhere,
    isolation: use === undefined ? 'none' : isolation,
    pinned: integrity !== undefined,
  }
}

const HEAD = ['PLUGIN', 'VERSION', 'FROM', 'ISOLATION', 'SITE', 'HEALTH', 'PERMISSIONS'] as const

async function show(plugins: readonly Listed[]): Promise<void> {
  const rows = plugins.map((plugin) => [
    plugin.name,
    safe(plugin.version ?? ''),
    plugin.from,
    plugin.isolation,
    stateText(plugin.state === 'disabled' ? 'disabled' : 'enabled'),
    healthOf(plugin),
    permissionsOf(plugin),
  ])
  print(await table(HEAD, rows, process.stdout.columns))
  const notes = plugins.flatMap(({ name, reason, state, commands }) => [
    ...(commands.length > 1 || (commands.length === 1 && commands[0]?.type !== name)
      ? [`${style('bold', name)} brings ${commands.map(({ type }) => type).join(', ')}.`]
      : []),
    ...(reason === null || state === 'disabled' ? [] : [`${style('bold', name)}: ${style('red', safe(reason))}`]),
  ])
  if (notes.length > 0) print('')
  for (const note of notes) print(note)
}

function healthOf({ state, reason, code }: Listed): string {
  if (state === 'disabled') return style('gray', '–')
  if (code === 'PLUGIN_QUARANTINED') return style('red', 'quarantine')
  if (state === 'failed') return style('red', 'failed')
  return reason === null ? style('green', 'ok') : style('yellow', 'trouble')
}

/** What the manifest asks for, in words; `plugin info` has the values. */
function permissionsOf({ permissions, version }: Listed): string {
  if (version === null) return ''
  const asked = Object.entries(permissions).filter(([, value]) => value !== false && value?.length !== 0)
  const words = asked.map(([kind, value]) => (Array.isArray(value) ? `${kind} (${value.length})` : kind))
  return words.length === 0 ? 'none' : words.join(', ')
}
