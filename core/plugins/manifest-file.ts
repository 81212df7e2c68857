import { existsSync, readFileSync, statSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { API_VERSION, assertManifest, MANIFEST_FILE, type Manifest } from '@gururmm/plugin-sdk'
import { closestMatch } from 'leven'
import { isFolderPath } from './formats.ts'
import { pluginError } from './plugin-error.ts'

/** A manifest holds schemas, not data. */
const MAX_MANIFEST_BYTES = 1_048_576

/** What walks through a schema goes down by calls, and the agent walks through each with every heartbeat. */
const MAX_DEPTH = 64

/** Where a plugin lies. */
export interface PluginLocation {
  /** Absolute. */
  readonly folder: string
  /** Whether it is a part of the agent. */
  readonly shipped: boolean
}

/**
 * Finds a plugin's folder.
 *
 * @param use as in the config; undefined: shipped.
 * @throws PluginError `PLUGIN_NOT_FOUND`.
 */
export function locatePlugin(
  plugin: string,
  use: string | undefined,
  shippedFolders: Readonly<Record<string, string>>,
  configDir: string,
): PluginLocation {
  if (use !== undefined) return { folder: findFolder(plugin, use, configDir), shipped: false }
  if (Object.hasOwn(shippedFolders, plugin)) return { folder: resolve(shippedFolders[plugin] as string), shipped: true }
  const nearest = closestMatch(plugin, Object.keys(shippedFolders), { maxDistance: 3 })
  const hint = nearest === undefined ? `set \`plugins.${plugin}.use\` to its folder` : `did you mean "${nearest}"?`
  throw pluginError('PLUGIN_NOT_FOUND', `No plugin "${plugin}" is shipped with this agent; ${hint}`)
}

function findFolder(plugin: string, use: string, configDir: string): string {
  const folder = isFolderPath(use) ? resolve(configDir, use) : findPackage(use, configDir)
  if (folder !== undefined && isDirectory(folder)) return folder
  const found = isFolderPath(use) ? `no folder ${folder}` : `no package "${use}" beside the config file or above it`
  throw pluginError(
    'PLUGIN_NOT_FOUND',
    `\`plugins.${plugin}.use\` must name a plugin's folder or package; there is ${found}.`,
  )
}

function findPackage(name: string, configDir: string): string | undefined {
  try {
    const file = findPackageJSON(name, pathToFileURL(join(configDir, 'agent.config.json')))
    return file === undefined ? undefined : dirname(file)
  } catch {
    return undefined
  }
}

/**
 * Reads a plugin's manifest without checking more of it than that it is JSON. Synchronous: the agent tells the server its plugins
 * in its first frame, and a few kilobytes of its own disk hold nothing up.
 *
 * @throws PluginError `PLUGIN_NOT_FOUND`, `PLUGIN_MANIFEST_INVALID`.
 */
export function readManifest(plugin: string, folder: string): unknown {
  const file = join(folder, MANIFEST_FILE)
  if (!isDirectory(folder)) throw pluginError('PLUGIN_NOT_FOUND', `The plugin ${plugin} has no folder ${folder}.`)
  if (!existsSync(file)) throw invalid(plugin, `there is no ${MANIFEST_FILE} in ${folder}`)
  try {
    const { size } = statSync(file)
    if (size > MAX_MANIFEST_BYTES) throw new Error(`it has ${size} bytes, over ${MAX_MANIFEST_BYTES}`)
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw invalid(plugin, `it can't be read as JSON (${(cause as Error).message})`, cause)
  }
}

/**
 * Compares the contract a plugin was written for with this agent's. It comes before the shape: another contract may have
 * another shape, and only this message tells which side to upgrade.
 *
 * @throws PluginError `PLUGIN_API_VERSION`; `PLUGIN_MANIFEST_INVALID` where there is no version.
 */
export function checkApiVersion(plugin: string, manifest: unknown): void {
  const found = (manifest as { apiVersion?: unknown } | null)?.apiVersion
  if (found === API_VERSION) return
  if (!Number.isSafeInteger(found)) throw invalid(plugin, '`apiVersion` is missing or no integer')
  const side = (found as number) > API_VERSION ? 'the agent' : 'the plugin'
  const message = `The plugin ${plugin} is written for version ${found} of the plugin contract, and this agent has ${API_VERSION}; upgrade ${side}.`
  throw pluginError('PLUGIN_API_VERSION', message)
}

/** @throws PluginError `PLUGIN_MANIFEST_INVALID`. */
export function checkShape(plugin: string, manifest: unknown): Manifest {
  if (isDeeper(manifest, MAX_DEPTH)) throw invalid(plugin, `it is nested deeper than ${MAX_DEPTH} levels`)
  try {
    assertManifest(manifest)
    return manifest
  } catch (cause) {
    throw invalid(plugin, (cause as Error).message.replace(/\.$/, ''), cause)
  }
}

function invalid(plugin: string, problem: string, cause?: unknown) {
  const message = `The manifest of the plugin ${plugin} is not valid: ${problem}; write it anew with \`gururmm-agent plugin manifest\`.`
  return pluginError('PLUGIN_MANIFEST_INVALID', message, cause)
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1))
}
