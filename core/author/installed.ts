import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { isAbsolute, join, relative } from 'node:path'
import { digestOfFiles, digestOfFolder } from '../plugins/integrity.ts'
import type { CollectedPlugin } from './collect.ts'
import { writeFiles } from './plugin-files.ts'

/** Older ones are removed once a newer one was installed; the one before stays, for commands that still use it and for a way back. */
const KEPT_VERSIONS = 2

/** The folder with all versions of one installed plugin. */
export function installedFolder(dataDir: string, name: string): string {
  return join(dataDir, 'installed', name)
}

/**
 * Puts a plugin's files below the data folder, each version in a folder of its own: a process that runs with an older one is not
 * disturbed, and a crash leaves the old or the new one.
 *
 * @returns the folder.
 */
export function placeFiles(dataDir: string, { manifest, files }: CollectedPlugin): string {
  const above = installedFolder(dataDir, manifest.name)
  for (const folder of [join(dataDir, 'installed'), above]) {
    mkdirSync(folder, { recursive: true })
    // The account that plugins run as must get in, whatever the umask
    chmodSync(folder, 0o755)
  }
  const digest = digestOfFiles(files)
  const version = manifest.version.replaceAll(/[^A-Za-z0-9.+-]/g, '_')
  const place = join(above, `${version}-${digest.slice('sha256-'.length, 'sha256-'.length + 12)}`)
  if (existsSync(place) && holds(place, digest)) return place
  const fresh = mkdtempSync(join(above, '.new-'))
  try {
    writeFiles(fresh, files)
    chmodSync(fresh, 0o755)
    rmSync(place, { recursive: true, force: true })
    renameSync(fresh, place)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
  return place
}

function holds(folder: string, digest: string): boolean {
  try {
    return digestOfFolder(folder) === digest
  } catch {
    return false
  }
}

/** Removes all but the last versions, and what a crash left half made. */
export function removeOldVersions(dataDir: string, name: string, current: string): void {
  const above = installedFolder(dataDir, name)
  const entries = readdirSync(above).map((entry) => join(above, entry))
  const older = entries
    .filter((path) => path !== current)
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
    .filter((path, index) => index >= KEPT_VERSIONS - 1 || path.startsWith(join(above, '.new-')))
  for (const path of older) rmSync(path, { recursive: true, force: true })
}

/** A folder as the config names it in `use`: relative where it lies below the config's own, so that both can move. */
export function useOf(folder: string, configDir: string): string {
  const way = relative(configDir, folder)
  return way.startsWith('..') || isAbsolute(way) ? folder : `./${way.replaceAll('\\', '/')}`
}
