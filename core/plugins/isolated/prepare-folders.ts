import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { PluginSetup } from '../hosted-plugin.ts'
import { pluginError } from '../plugin-error.ts'
import type { IsolatedParts } from './options.ts'
import { processSettings } from './process-settings.ts'
import type { Account } from './start.ts'

const ALL_MAY_PASS = 0o011

/**
 * Makes the plugin's data folder; where the agent is root, gives it to the plugin's account, and lets that account pass through (not look
 * into) the agent's own folders on the way there.
 *
 * @throws PluginError `ISOLATION_UNAVAILABLE` where the account can't reach the plugin.
 */
export function prepareFolders({ plugin, folder, dataDir, isolation }: IsolatedParts, { settings }: PluginSetup): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const account = isolation.account ?? null
  if (process.geteuid?.() !== 0 || account === null) return
  if (statSync(dataDir).uid !== account.uid) chownSync(dataDir, account.uid, account.gid)
  const plugins = dirname(dataDir)
  for (const passed of [plugins, dirname(plugins)]) {
    const { mode } = statSync(passed)
    if ((mode & ALL_MAY_PASS) !== ALL_MAY_PASS) chmodSync(passed, (mode & 0o7777) | ALL_MAY_PASS)
  }
  // A sandbox mounts the two folders themselves, whatever lies above them
  const closed =
    processSettings(settings).isolation === 'sandbox'
      ? closedFolder([folder], account)
      : closedFolder([...way(folder), ...way(dataDir)], account)
  if (closed === undefined) return
  const message = `The plugin ${plugin} can't be isolated as it must be: it runs as the user ${account.name}, who may not enter ${closed}; put it where that user can, or set \`agent.pluginUser\` to one who can.`
  throw pluginError('ISOLATION_UNAVAILABLE', message)
}

/** The first folder that the account may not enter. */
function closedFolder(folders: readonly string[], account: Account): string | undefined {
  return folders.find((path) => {
    const { mode, uid, gid } = statSync(path)
    const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0
    return ((mode >> shift) & 1) === 0
  })
}

/** From the root to the path. */
function way(path: string): readonly string[] {
  const parent = dirname(path)
  return parent === path ? [path] : [...way(parent), path]
}
