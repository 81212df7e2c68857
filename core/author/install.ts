import type { Manifest, Permissions } from '@gururmm/plugin-sdk'
import { type ConfigEdit, editConfig, type LoadedConfig, type LoadOptions, prepareDataDir } from '../config/index.ts'
import { digestOfFiles } from '../plugins/integrity.ts'
import type { CollectedPlugin } from './collect.ts'
import { grantsFor, isCovered, openQuestions, permissionLines } from './grants.ts'
import { placeFiles, removeOldVersions, useOf } from './installed.ts'
import { packageError } from './package-error.ts'

/** What an installation would do, to be shown before. */
export interface InstallPlan {
  readonly manifest: Manifest
  readonly integrity: string
  readonly files: number
  readonly bytes: number
  /** What it asks for. */
  readonly permissions: readonly string[]
  /** Null: the config does not name the plugin yet. */
  readonly upgrade: {
    readonly added: readonly string[]
    readonly removed: readonly string[]
  } | null
  /** What the config will grant. */
  readonly grants: Permissions
  /** Whether commands are served afterwards: only of a plugin that was enabled, and whose grants already cover what it asks for. */
  readonly enabled: boolean
  /** Keys below `plugins.NAME` that the operator still has to set. */
  readonly open: readonly string[]
}

/**
 * Compares a package with what the config says of the plugin now.
 *
 * @throws PluginError `PLUGIN_PACKAGE_INVALID` for a name of a shipped plugin.
 */
export function planInstall(
  { manifest, files }: CollectedPlugin,
  { config }: LoadedConfig,
  shipped: readonly string[],
): InstallPlan {
  const { name } = manifest
  const before = config.plugins[name]
  if (shipped.includes(name) || (before !== undefined && before.use === undefined)) {
    throw packageError(`A plugin named ${name} is shipped with the agent; the one in the package needs another name.`)
  }
  const permissions = permissionLines(manifest.permissions)
  const granted = permissionLines(before?.permissions ?? {})
  const grants = grantsFor(manifest.permissions, before?.permissions)
  return {
    manifest,
    integrity: digestOfFiles(files),
    files: files.size,
    bytes: [...files.values()].reduce((sum, { length }) => sum + length, 0),
    permissions,
    upgrade: before === undefined ? null : difference(permissionLines(grants), granted),
    grants,
    enabled: before?.enabled === true && isCovered(manifest, before.permissions ?? {}),
    open: openQuestions(manifest, before?.config ?? {}, grants),
  }
}

function difference(now: readonly string[], before: readonly string[]) {
  return {
    added: now.filter((line) => !before.includes(line)),
    removed: before.filter((line) => !now.includes(line)),
  }
}

/**
 * Copies the files below the data folder, and writes grants and digest into the config.
 *
 * @returns the folder that the plugin is in now.
 */
export async function install(
  plugin: CollectedPlugin,
  plan: InstallPlan,
  { config, directory }: LoadedConfig,
  source: LoadOptions,
): Promise<string> {
  const { name } = plugin.manifest
  const { dataDir } = config.agent
  await prepareDataDir(dataDir)
  const folder = placeFiles(dataDir, plugin)
  const { grants: permissions, integrity, enabled } = plan
  const entry = { use: useOf(folder, directory), enabled, permissions, integrity }
  const edits: readonly ConfigEdit[] =
    plan.upgrade === null
      ? [{ path: ['plugins', name], value: entry }]
      : Object.entries(entry).map(([key, value]) => ({ path: ['plugins', name, key], value }))
  await editConfig(source, edits)
  removeOldVersions(dataDir, name, folder)
  return folder
}
