import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { CommandError } from '@gururmm/plugin-sdk'
import { findInstallation, type Installation } from '../../agent/installation.ts'
import type { LoadedConfig } from '../../config/index.ts'
import { describePlugin } from '../../plugins/load.ts'
import { marksSecret, textsIn } from '../../plugins/secret-keys.ts'
import { findAccount } from '../../runner/index.ts'
import { requireReadable, type ServiceManager, type ServiceRequest } from '../../service/index.ts'
import type { Loaded } from '../load.ts'

/** What the operator says of the service. */
export interface InstallFlags {
  readonly user?: string
  readonly writable?: readonly string[]
  readonly start: boolean
}

/**
 * What the service manager has to know, from the config and the flags.
 *
 * @throws CommandError `SERVICE_ACCOUNT_UNUSABLE` where the account could not run this agent.
 */
export function requestFor({ loaded, source }: Loaded, flags: InstallFlags, manager: ServiceManager): ServiceRequest {
  const { config, file } = loaded
  const installation = findInstallation()
  const command = [process.execPath, installation.launcher] as const
  if (manager.defaultUser !== null)
    requireAccount(flags.user, manager.defaultUser, [...command, file, ...pluginFolders(loaded)])
  return {
    command,
    args: [
      'start',
      '--config',
      file,
      ...Object.entries(source.flags ?? {}).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
    ],
    dataDir: config.agent.dataDir,
    logFile: config.log.file,
    secretFiles: [...new Set(secretFiles(loaded, installation))].filter((path) => existsSync(path)),
    user: flags.user ?? null,
    writable: (flags.writable ?? []).map((folder) => resolve(folder)),
    start: flags.start,
  }
}

/** One that is named has to be there; the default one is made with the service. */
function requireAccount(named: string | undefined, byDefault: string, files: readonly string[]): void {
  const user = named ?? byDefault
  const ids = findAccount(user)
  if (ids === null && named !== undefined && named !== byDefault) {
    const message = `Expected an account of this machine for the service, found none called ${JSON.stringify(user)}; make it first.`
    throw new CommandError('SERVICE_ACCOUNT_UNUSABLE', message, { refused: true })
  }
  requireReadable(files, { user, ids })
}

/** Of plugins from elsewhere; the agent's own lie beside it. */
function pluginFolders({ config, directory }: LoadedConfig): readonly string[] {
  const used = Object.values(config.plugins).flatMap(({ enabled, use }) => (enabled && use !== undefined ? [use] : []))
  return used.map((use) => resolve(directory, use)).filter((path) => existsSync(path))
}

/** The token's, and those that the plugins' schemas mark as such. */
function secretFiles({ config, directory }: LoadedConfig, { shippedFolders }: Installation): readonly string[] {
  const { tokenFile } = config.server
  const ofPlugins = Object.entries(config.plugins).flatMap(([name, settings]) => {
    if (!settings.enabled) return []
    const candidate = { name, settings, given: undefined }
    const { configSchema } = describePlugin(candidate, { shippedFolders, configDir: directory }).manifest
    const marked = textsIn(settings.config).filter(({ path }) => marksSecret(configSchema, path))
    return marked.map(({ value }) => resolve(directory, value))
  })
  return [...(tokenFile === null ? [] : [tokenFile]), ...ofPlugins]
}
