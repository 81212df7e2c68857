import { findInstallation } from '../agent/installation.ts'
import type { LoadedConfig } from '../config/index.ts'
import { locatePlugin } from '../plugins/manifest-file.ts'
import { checkPluginName } from './plugin-names.ts'

/**
 * The folder of a plugin that the config names, or that is shipped.
 *
 * @throws LocalError or PluginError, both `PLUGIN_NOT_FOUND`.
 */
export function folderOfPlugin({ config, directory }: LoadedConfig, name: string): string {
  checkPluginName(name, Object.keys(config.plugins))
  return locatePlugin(name, config.plugins[name]?.use, findInstallation().shippedFolders, directory).folder
}
