import { type Manifest, manifestOf, type Plugin } from '@gururmm/plugin-sdk'
import { canonicalJson } from '../protocol/canonical-json.ts'
import type { PluginSettings } from './contract.ts'
import type { HostedPlugin, OpenPlugin, PluginSetup } from './hosted-plugin.ts'
import { checkIntegrity } from './integrity.ts'
import { checkApiVersion, checkShape, locatePlugin, readManifest } from './manifest-file.ts'
import { grantPermissions } from './permissions.ts'
import { pluginError } from './plugin-error.ts'
import { checkConfig, uncheckedConfig } from './settings.ts'

/** A plugin as the config names it. */
export interface Candidate {
  readonly name: string
  readonly settings: PluginSettings
  /** Its code, where that is in memory already. */
  readonly given: Plugin | undefined
  /** Whether an isolated plugin is started at once rather than with its first command. Default: false. */
  readonly startNow?: boolean
}

/** What is known of a plugin once its manifest was read. */
export interface Described {
  readonly manifest: Manifest
  readonly folder: string | null
  readonly shipped: boolean
}

export interface LoadOptions {
  readonly shippedFolders: Readonly<Record<string, string>>
  readonly configDir: string
  /** The plugin that has a command type already. */
  readonly ownerOf: (type: string) => string | undefined
  /** Called as soon as the manifest holds, whatever comes after. */
  readonly onDescribed: (described: Described) => void
  /** How the plugin's code is loaded; its place is decided by where it comes from. */
  readonly openHere: OpenPlugin
  /** Undefined: this agent can't isolate plugins. */
  readonly openIsolated: OpenPlugin | undefined
}

/**
 * Every check a plugin passes on its way in, in this order. What comes before the import runs without a pause, so that plugins claim
 * their command types in the order of the config.
 *
 *  1. it is there                                 `PLUGIN_NOT_FOUND`
 *  2. its files are those that were pinned        `PLUGIN_INTEGRITY_MISMATCH`
 *  3. its manifest can be read                    `PLUGIN_MANIFEST_INVALID`
 *  4. the manifest's contract is ours             `PLUGIN_API_VERSION`
 *  5. the manifest has a manifest's shape         `PLUGIN_MANIFEST_INVALID`
 *  6. its name is the one in the config           `PLUGIN_MANIFEST_INVALID`
 *  7. it asks for no more than is granted         `PLUGIN_PERMISSION_MISSING`
 *  8. its config fits its schema                  `PLUGIN_CONFIG_INVALID`
 *  9. no other plugin has its command types       `PLUGIN_COMMAND_TAKEN`
 * 10. it can run where it must run                `ISOLATION_UNAVAILABLE`
 * 11. its code can be imported                    `PLUGIN_LOAD_FAILED`
 * 12. the default export is a plugin              `PLUGIN_LOAD_FAILED`
 * 13. the code declares what the manifest says    `PLUGIN_MANIFEST_STALE`
 * 14. setup ends well and in time                 `PLUGIN_SETUP_FAILED`
 *
 * Of an isolated plugin, 8 and 11 to 14, and 2 once more, come with the start of its process: at its first command, and at once where an operator enables
 * it or changes its settings.
 *
 * @throws PluginError with one of these codes.
 */
export async function loadPlugin(candidate: Candidate, options: LoadOptions): Promise<HostedPlugin> {
  const { name } = candidate
  const described = describePlugin(candidate, options)
  options.onDescribed(described)
  const { manifest, folder, shipped } = described
  checkName(name, manifest)
  const setup = checkSettings(candidate, described, options.configDir)
  checkTypesFree(name, manifest, options.ownerOf)
  const open = shipped ? options.openHere : requireIsolation(name, options.openIsolated)
  const hosted = await open({ manifest, folder })
  checkFresh(name, manifest, hosted.declared)
  try {
    await hosted.setUp(setup)
  } catch (error) {
    await hosted.stop()
    throw error
  }
  return hosted
}

/** Checks 1 to 5: all that can be said of a plugin that is switched off. */
export function describePlugin(
  candidate: Candidate,
  options: Pick<LoadOptions, 'shippedFolders' | 'configDir'>,
): Described {
  const { name, settings, given } = candidate
  if (given !== undefined) {
    return { manifest: manifestOf(given, { version: '0.0.0', entry: './index.js' }), folder: null, shipped: true }
  }
  const location = locatePlugin(name, settings.use, options.shippedFolders, options.configDir)
  checkIntegrity(name, location.folder, settings.integrity)
  const read = readManifest(name, location.folder)
  checkApiVersion(name, read)
  return { manifest: checkShape(name, read), ...location }
}

/** Checks 7 and 8; also for new settings of a plugin that is loaded. The config of an isolated one is checked in its process. */
export function checkSettings(candidate: Candidate, described: Described, configDir: string): PluginSetup {
  const { name, settings, startNow = false } = candidate
  const { manifest, shipped } = described
  const grants = settings.permissions ?? (shipped ? undefined : {})
  const permissions = grantPermissions(name, manifest.permissions, grants)
  const config = (shipped ? checkConfig : uncheckedConfig)(name, manifest.configSchema, settings.config, configDir)
  return { permissions, config, settings, startNow }
}

function checkName(name: string, manifest: Manifest): void {
  if (manifest.name === name) return
  const message = `The plugin configured as "${name}" is named "${manifest.name}" by its manifest; configure it as \`plugins.${manifest.name}\`.`
  throw pluginError('PLUGIN_MANIFEST_INVALID', message)
}

/** Check 9. */
export function checkTypesFree(name: string, manifest: Manifest, ownerOf: LoadOptions['ownerOf']): void {
  for (const type of Object.keys(manifest.commands)) {
    const owner = ownerOf(type)
    if (owner === undefined) continue
    const message = `The plugin ${name} brings the command type "${type}", which the plugin ${owner} has already; disable one of them.`
    throw pluginError('PLUGIN_COMMAND_TAKEN', message)
  }
}

function requireIsolation(name: string, open: OpenPlugin | undefined): OpenPlugin {
  if (open !== undefined) return open
  const message = `The plugin ${name} is not shipped with the agent, so it must run isolated, and this agent can't isolate plugins; it stays off.`
  throw pluginError('ISOLATION_UNAVAILABLE', message)
}

/** Check 13. */
export function checkFresh(name: string, manifest: Manifest, declared: Manifest): void {
  const place = firstDifference(manifest, declared)
  if (place === undefined) return
  const message = `The manifest of the plugin ${name} differs from its code at \`${place}\`; write it anew with \`gururmm-agent plugin manifest\`.`
  throw pluginError('PLUGIN_MANIFEST_STALE', message)
}

/** The first key, dotted, at which two values of JSON differ. */
function firstDifference(a: unknown, b: unknown, path = ''): string | undefined {
  if (canonicalJson(a) === canonicalJson(b)) return undefined
  if (!isPlainObject(a) || !isPlainObject(b)) return path
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const found = firstDifference(a[key] ?? null, b[key] ?? null, path === '' ? key : `${path}.${key}`)
    if (found !== undefined) return found
  }
  return path
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
