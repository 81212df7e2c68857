import { closestMatch } from 'leven'
import { findInstallation } from '../agent/installation.ts'
import { localError } from '../local/contract.ts'
import type { PluginStatus } from '../plugins/contract.ts'
import { quoteValue } from '../schema/index.ts'

/**
 * Holds a name against the plugins of the config and those shipped with the agent.
 *
 * @throws LocalError `PLUGIN_NOT_FOUND` with the nearest name.
 */
export function checkPluginName(name: string, configured: readonly string[]): void {
  const known = [...new Set([...configured, ...Object.keys(findInstallation().shippedFolders)])]
  if (known.includes(name)) return
  const nearest = closestMatch(name, known, { maxDistance: 3 })
  const hint = nearest === undefined ? `there are ${known.join(', ')}` : `did you mean ${nearest}?`
  throw localError('PLUGIN_NOT_FOUND', `No plugin is named ${quoteValue(name.slice(0, 64))}; ${hint}`)
}

/** A plugin that is shipped with the agent but not named by its config: nothing of it is read. */
export function notConfigured(name: string): PluginStatus {
  const reason = `The config does not name it; \`gururmm-agent plugin enable ${name}\` adds it.`
  const rule = `plugins.${name}`
  const unknown = { rule, code: null, version: null, permissions: {}, configSchema: null, commands: [], folder: null }
  return { name, state: 'disabled', reason, shipped: true, ...unknown }
}
