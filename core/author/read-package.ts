import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { MANIFEST_FILE, type Manifest } from '@gururmm/plugin-sdk'
import { checkApiVersion, checkShape } from '../plugins/manifest-file.ts'
import { type CollectedPlugin, collectPlugin } from './collect.ts'
import { isTypeScript } from './javascript.ts'
import { packageError } from './package-error.ts'
import type { PluginFiles } from './plugin-files.ts'
import { unpackFiles } from './unpack.ts'

/**
 * Reads a plugin from a folder or a .tgz, as it would be installed. None of its code runs.
 *
 * @throws PluginError `PLUGIN_PACKAGE_INVALID`, `PLUGIN_MANIFEST_INVALID`, `PLUGIN_API_VERSION`.
 */
export async function readPackage(source: string): Promise<CollectedPlugin> {
  const path = resolve(source)
  if (!existsSync(path)) throw packageError(`There is no folder or .tgz ${path}.`)
  if (statSync(path).isDirectory()) return collectPlugin(path)
  const files = await unpackFiles(path)
  const manifest = manifestOf(source, files)
  if (isTypeScript(manifest.entry) || !files.has(manifest.entry.slice(2))) {
    throw packageError(
      `The manifest of ${source} names ${manifest.entry}, which must be JavaScript inside the package; pack it with \`gururmm-agent plugin pack\`.`,
    )
  }
  if (!files.has('package.json')) throw packageError(`${source} has no package.json.`)
  return { manifest, files }
}

function manifestOf(source: string, files: PluginFiles): Manifest {
  const text = files.get(MANIFEST_FILE)
  if (text === undefined) throw packageError(`${source} has no ${MANIFEST_FILE}, so it is no plugin's package.`)
  try {
    const read: unknown = JSON.parse(text.toString())
    checkApiVersion(source, read)
    return checkShape(source, read)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw packageError(`The ${MANIFEST_FILE} of ${source} is no JSON (${error.message}).`, error)
  }
}
