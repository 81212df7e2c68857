import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { isObject, type JsonObject } from '../config/merge.ts'
import { packageError } from './package-error.ts'

/** What a plugin's package.json says, as far as it counts. */
export interface PackageJson {
  readonly name: string
  readonly version: string
  /** The module with the plugin, relative, e.g. `./index.ts`. Exists. */
  readonly entry: string
  readonly whole: JsonObject
}

/** Where nothing is said, the first of these that is there. */
const USUAL_ENTRIES = ['./index.ts', './index.js', './index.mjs', './index.mts']

/**
 * Reads the package.json of a plugin's folder.
 *
 * @throws PluginError `PLUGIN_PACKAGE_INVALID`, `PLUGIN_NOT_FOUND` where there is no such folder.
 */
export function readPackageJson(folder: string): PackageJson {
  const whole = readObject(folder)
  const { version, name } = whole
  if (typeof version !== 'string' || version === '') {
    throw packageError(`${join(folder, 'package.json')} must have a \`version\`, e.g. "1.0.0".`)
  }
  return {
    name: typeof name === 'string' ? name : basename(folder),
    version,
    entry: entryOf(folder, whole),
    whole,
  }
}

function readObject(folder: string): JsonObject {
  const file = join(folder, 'package.json')
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw packageError(`There is no folder ${folder}.`)
  if (!existsSync(file)) {
    throw packageError(
      `${folder} has no package.json, so it is no plugin's folder; \`gururmm-agent plugin new NAME\` makes one.`,
    )
  }
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (isObject(value)) return value
  } catch (error) {
    throw packageError(`${file} can't be read as JSON (${(error as Error).message}).`, error)
  }
  throw packageError(`${file} must hold an object.`)
}

function entryOf(folder: string, whole: JsonObject): string {
  const named = entryNamedBy(whole.exports) ?? (typeof whole.main === 'string' ? whole.main : undefined)
  if (named === undefined) {
    const usual = USUAL_ENTRIES.find((path) => existsSync(join(folder, path)))
    if (usual !== undefined) return usual
    throw packageError(
      `${folder} has no index.ts or index.js; name the plugin's module as \`exports\` in its package.json.`,
    )
  }
  const entry = named.startsWith('./') ? named : `./${named}`
  const file = resolve(folder, entry)
  if (!file.startsWith(join(folder, '/')) || !existsSync(file)) {
    throw packageError(
      `The package.json of ${folder} names ${JSON.stringify(named)} as the plugin's module, and there is no such file.`,
    )
  }
  return entry
}

/** `"./index.js"`, `{ ".": "./index.js" }`, `{ "default": "./index.js" }`, and these within each other. */
function entryNamedBy(exports: unknown): string | undefined {
  if (typeof exports === 'string') return exports
  if (!isObject(exports)) return undefined
  return entryNamedBy(exports['.']) ?? entryNamedBy(exports.import) ?? entryNamedBy(exports.default)
}
