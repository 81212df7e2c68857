import { type PluginError, pluginError } from '../plugins/plugin-error.ts'

/** What can't be packed, unpacked or installed, and what to do about it. */
export function packageError(message: string, cause?: unknown): PluginError {
  return pluginError('PLUGIN_PACKAGE_INVALID', message, cause)
}
