import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { PluginSetup } from '../hosted-plugin.ts'
import { type PluginError, pluginError } from '../plugin-error.ts'
import type { IsolatedParts, IsolationOptions } from './options.ts'
import { processSettings } from './process-settings.ts'

/** The first Node.js whose permission model knows the network. */
const NETWORK_SINCE = 26

/** The Node.js that plugins' processes run on. */
export function runtimeOf({ node }: IsolationOptions): { readonly path: string; readonly version: string } {
  return node ?? { path: process.execPath, version: process.versions.node }
}

export function majorOf(version: string): number {
  return Number.parseInt(version, 10)
}

/**
 * Looks whether all that is withheld from a plugin can be withheld here. There is no lesser isolation to fall back to.
 *
 * @throws PluginError `ISOLATION_UNAVAILABLE`.
 */
export function requireIsolation({ plugin, isolation, ...parts }: IsolatedParts, setup: PluginSetup): void {
  const kind = processSettings(setup.settings).isolation
  const { version } = runtimeOf(isolation)
  if (kind === 'sandbox') requireSandbox(plugin, isolation)
  else if (!mayHaveNetwork(setup) && majorOf(version) < NETWORK_SINCE) throw noNetworkWall(plugin, version)
  for (const [name, folder] of [
    ['plugin', parts.folder],
    ['data', parts.dataDir],
  ] as const) {
    // Node.js would take it for all that begins alike
    if (folder.includes('*')) throw unavailable(plugin, `the path of its ${name} folder holds a "*"; rename the folder`)
  }
  if (process.geteuid?.() !== 0 || (isolation.account ?? null) !== null) return
  throw unavailable(
    plugin,
    'the agent is root and there is no unprivileged account to run plugins as; set `agent.pluginUser` to a user of this machine',
  )
}

/** What the operator grants beyond what the plugin asks for is not withheld from it either. */
function mayHaveNetwork({ permissions, settings }: PluginSetup): boolean {
  return permissions.network || settings.permissions?.network === true
}

function requireSandbox(plugin: string, { environment = process.env }: IsolationOptions): void {
  if (process.platform !== 'linux') {
    throw unavailable(plugin, '`isolation: "sandbox"` is there on Linux only; set it to "process"')
  }
  const folders = (environment.PATH ?? '').split(delimiter).filter((folder) => folder.startsWith('/'))
  if (folders.some((folder) => existsSync(join(folder, 'bwrap')))) return
  throw unavailable(plugin, '`isolation: "sandbox"` needs bubblewrap and there is no `bwrap` on the PATH; install it')
}

function noNetworkWall(plugin: string, version: string): PluginError {
  return unavailable(
    plugin,
    `the network is withheld from it, which takes Node.js ${NETWORK_SINCE} or newer, and this is ${version}; upgrade, grant \`network\`, or set its \`isolation\` to "sandbox"`,
  )
}

function unavailable(plugin: string, why: string): PluginError {
  return pluginError('ISOLATION_UNAVAILABLE', `The plugin ${plugin} can't be isolated as it must be: ${why}`)
}
