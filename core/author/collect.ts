import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { MANIFEST_FILE, type Manifest } from '@gururmm/plugin-sdk'
import { checkApiVersion, checkShape, readManifest } from '../plugins/manifest-file.ts'
import { addDependencies } from './dependencies.ts'
import { isDeclaration, isTypeScript, javaScriptName, pointToJavaScript, stripTypes } from './javascript.ts'
import { packageError } from './package-error.ts'
import { type PackageJson, readPackageJson } from './package-json.ts'
import { type PluginFiles, PluginFilesBuilder } from './plugin-files.ts'

/** A plugin as it is packed: JavaScript only, its packages inside. */
export interface CollectedPlugin {
  readonly manifest: Manifest
  readonly files: PluginFiles
}

/** Of the author's own files these are for the author alone. Everything that begins with a dot is, too. */
const LEFT_OUT =
  /^(?:node_modules|tests?|coverage|gururmm\.dev\.json|tsconfig.*\.json|package-lock\.json|.*\.tgz|.*\.log)$/
const TESTS = /\.(?:test|spec)\.[mc]?[jt]s$/

/** What of the package.json still counts. Not its scripts: nothing of a package is ever run to install it. */
const KEPT_KEYS = [
  'name',
  'version',
  'description',
  'license',
  'author',
  'homepage',
  'repository',
  'engines',
  'dependencies',
  'optionalDependencies',
  'imports',
]

/**
 * Makes of a plugin's folder what would be packed: TypeScript becomes JavaScript, packages come inside, tests and settings for
 * development stay out. None of its code runs.
 *
 * @param manifest Default: the one in the folder.
 * @throws PluginError `PLUGIN_PACKAGE_INVALID`, `PLUGIN_MANIFEST_INVALID`, `PLUGIN_API_VERSION`.
 */
export function collectPlugin(folder: string, manifest?: Manifest): CollectedPlugin {
  const packageJson = readPackageJson(folder)
  const source = manifest ?? manifestIn(folder)
  const builder = new PluginFilesBuilder()
  const entry = `./${javaScriptName(source.entry.slice(2))}`
  const packed = { ...source, entry }
  for (const path of ownFiles(folder)) addOwn(folder, path, builder)
  builder.add('package.json', jsonOf(packedJson(packageJson, entry)))
  builder.add(MANIFEST_FILE, jsonOf(packed))
  addDependencies(folder, builder)
  if (!builder.files.has(entry.slice(2))) {
    throw packageError(
      `The manifest names ${source.entry} as the plugin's module, and it is not among the packed files.`,
    )
  }
  return { manifest: packed, files: builder.files }
}

function manifestIn(folder: string): Manifest {
  const read = readManifest(folder, folder)
  checkApiVersion(folder, read)
  return checkShape(folder, read)
}

function ownFiles(folder: string): readonly string[] {
  const files: string[] = []
  const look = (below: string): void => {
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`
      if (entry.name.startsWith('.') || LEFT_OUT.test(entry.name) || TESTS.test(entry.name) || isDeclaration(path))
        continue
      if (path === 'package.json' || path === MANIFEST_FILE) continue
      if (entry.isDirectory()) look(path)
      else if (entry.isFile()) files.push(path)
      else
        throw packageError(
          `${join(folder, path)} is a link or no file, and can't be packed; put the file itself there.`,
        )
    }
  }
  look('')
  return files.sort()
}

function addOwn(folder: string, path: string, builder: PluginFilesBuilder): void {
  const file = join(folder, path)
  builder.checkSize(path, statSync(file).size)
  if (!isTypeScript(path) && !/\.m?js$/.test(path)) {
    builder.add(path, readFileSync(file))
    return
  }
  const text = readFileSync(file, 'utf8')
  try {
    const code = isTypeScript(path) ? stripTypes(text) : text
    builder.add(javaScriptName(path), Buffer.from(pointToJavaScript(code)))
  } catch (error) {
    if ((error as { code?: unknown }).code === 'PLUGIN_PACKAGE_INVALID') throw error
    throw packageError(`${file} can't be made JavaScript: ${(error as Error).message}`, error)
  }
}

function packedJson({ whole }: PackageJson, entry: string): object {
  const kept = KEPT_KEYS.filter((key) => whole[key] !== undefined).map((key) => [key, whole[key]])
  return { ...Object.fromEntries(kept), type: 'module', exports: entry }
}

function jsonOf(value: object): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`)
}
