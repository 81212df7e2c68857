import { resolve } from 'node:path'
import type { ObjectSchema } from '@gururmm/plugin-sdk'
import { deepFreeze } from '../config/merge.ts'
import { canonicalJson } from '../protocol/canonical-json.ts'
import { compileSchema } from '../schema/index.ts'
import type { PluginSettings } from './contract.ts'
import { configFormats } from './formats.ts'
import { processSettings } from './isolated/process-settings.ts'
import { pluginError } from './plugin-error.ts'
import { keyOf, marksSecret, textsIn } from './secret-keys.ts'

/** A plugin's config that fits its schema. */
export interface CheckedConfig {
  /** Defaults filled in, paths absolute, frozen with all within it. */
  readonly values: object
  /** Where the config names secret files (`smtp.passwordFile`), and their absolute paths. */
  readonly secretFiles: ReadonlyMap<string, string>
}

/**
 * Checks a plugin's config against the plugin's own schema, on a copy.
 *
 * @throws PluginError `PLUGIN_CONFIG_INVALID`; `PLUGIN_MANIFEST_INVALID` where the schema itself is wrong.
 */
export function checkConfig(plugin: string, schema: ObjectSchema, config: object, configDir: string): CheckedConfig {
  const { formats, secretFiles } = configFormats(configDir)
  const checked = attempt(plugin, () => compileSchema<object>(schema, { defaults: true, formats })(config))
  if ('problem' in checked) {
    const { path, message } = checked.problem
    throw pluginError('PLUGIN_CONFIG_INVALID', `\`plugins.${plugin}.config${path}\` ${message}.`)
  }
  return { values: deepFreeze(checked.value), secretFiles }
}

/**
 * The config of a plugin whose schema is not to be used in this process: as it was written, and the secret files that it names where
 * the schema has `format: "secret-file"`. A default of the schema names none: only the operator says which file the agent reads.
 */
export function uncheckedConfig(_: string, schema: ObjectSchema, config: object, configDir: string): CheckedConfig {
  const secretFiles = new Map<string, string>()
  for (const { path, value } of textsIn(config)) {
    if (value !== '' && !value.includes('\0') && marksSecret(schema, path))
      secretFiles.set(keyOf(path), resolve(configDir, value))
  }
  return { values: config, secretFiles }
}

/** Whether the plugin is to serve commands: the config says so, and nothing above it takes it away. */
export function isOn({ enabled, narrowing }: PluginSettings): boolean {
  return enabled && (narrowing?.off ?? null) === null
}

/** Whether a plugin would see the difference; limits are enforced around it. */
export function needsSetup(before: PluginSettings, after: PluginSettings): boolean {
  const key = ({ config, permissions = {}, integrity = '', ...settings }: PluginSettings) =>
    canonicalJson({ config, permissions, integrity, ...processSettings(settings) })
  return key(before) !== key(after)
}

function attempt<T>(plugin: string, check: () => T): T {
  try {
    return check()
  } catch (cause) {
    const message = `The config schema of the plugin ${plugin} can't be used: ${(cause as Error).message} Tell its author.`
    throw pluginError('PLUGIN_MANIFEST_INVALID', message, cause)
  }
}
