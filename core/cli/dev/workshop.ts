import { existsSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { Manifest } from '@gururmm/plugin-sdk'
import type { Installation } from '../../agent/installation.ts'
import { declaredManifest, writeManifest } from '../../author/declare.ts'
import { readDevSettings } from '../../author/dev-settings.ts'
import { grantsFor } from '../../author/grants.ts'
import { openStage, type Stage } from '../../author/stage.ts'
import { findAgent, localError } from '../../local/index.ts'

/** The config that `plugin dev` writes into the plugin's folder, where another terminal finds it and relative paths begin. */
export const DEV_CONFIG = '.gururmm-dev.json'

/** The files that an agent for one plugin under development lives on. */
export interface Workshop {
  /** The agent's config. */
  readonly configFile: string
  readonly stage: Stage
  /**
   * Takes the folder in as it is now: the manifest from the code, the code as it would be packed, the config with both.
   *
   * @throws PluginError `PLUGIN_LOAD_FAILED` as Node.js tells it, `PLUGIN_PACKAGE_INVALID`.
   */
  build(): Promise<Manifest>
  /** Removes all of it. */
  remove(): void
}

/** @throws LocalError `AGENT_LOCKED` where the plugin is being developed already. */
export async function openWorkshop(folder: string, installation: Installation): Promise<Workshop> {
  const configFile = join(folder, DEV_CONFIG)
  await clearAway(configFile)
  const stage = openStage(folder)
  const dataDir = stage.dataDir()
  const write = (plugins: object) => writeFileSync(configFile, configText(dataDir, stage, plugins))
  write({})
  return {
    configFile,
    stage,
    async build() {
      const manifest = await declaredManifest(folder, installation)
      writeManifest(folder, manifest)
      const { config, permissions } = readDevSettings(folder)
      const use = stage.put(manifest)
      write({ [manifest.name]: { use, permissions: permissions ?? grantsFor(manifest.permissions), config } })
      return manifest
    },
    remove() {
      rmSync(configFile, { force: true })
      stage.remove()
    },
  }
}

function configText(dataDir: string, stage: Stage, plugins: object): string {
  // It is never dialled, and a config has to name one
  const server = { url: 'ws://127.0.0.1:9/agent', tokenFile: join(stage.base, 'no-token') }
  const config = { agent: { id: 'plugin-dev', site: 'dev', dataDir }, server, plugins, log: { level: 'debug' } }
  return `${JSON.stringify(config, null, 2)}\n`
}

/** What a `plugin dev` left that was killed. */
async function clearAway(configFile: string): Promise<void> {
  if (!existsSync(configFile)) return
  const dataDir = dataDirIn(configFile)
  if (dataDir !== undefined && (await findAgent(dataDir)) !== undefined) {
    throw localError(
      'AGENT_LOCKED',
      `\`plugin dev\` runs for ${dirname(configFile)} already; end it with Ctrl-C in its terminal.`,
    )
  }
  const base = dataDir === undefined ? '' : dirname(dataDir)
  if (dirname(base) === realpathSync(tmpdir()) && basename(base).startsWith('gururmm-dev-'))
    rmSync(base, { recursive: true, force: true })
  rmSync(configFile, { force: true })
}

function dataDirIn(configFile: string): string | undefined {
  try {
    return JSON.parse(readFileSync(configFile, 'utf8')).agent.dataDir
  } catch {
    return undefined
  }
}
