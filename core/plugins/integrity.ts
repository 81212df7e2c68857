import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pluginError } from './plugin-error.ts'

/** What is hashed before a plugin is loaded is bounded, for the agent waits for it. */
const MAX_FILES = 20_000

/**
 * The digest over all files of a plugin, as `plugins.NAME.integrity` pins it: `sha256-` and the SHA-256 of the text that
 * `sha256sum` prints for the files in the order of their paths' bytes. Who does not trust this program asks another:
 *
 *     find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum
 *
 * Synchronous, as is the reading of manifests: nothing of a plugin may be believed before.
 *
 * @throws Error where the folder holds anything but files and folders, or can't be read.
 */
export function digestOfFolder(folder: string): string {
  return digestOfHashes(filesOf(folder).map((path) => [path, sha256(readFileSync(join(folder, path)))]))
}

/** {@link digestOfFolder} for an agent that serves commands meanwhile. */
export async function readDigestOfFolder(folder: string): Promise<string> {
  const hashes: [string, string][] = []
  for (const path of filesOf(folder)) hashes.push([path, sha256(await readFile(join(folder, path)))])
  return digestOfHashes(hashes)
}

/** The digest that a folder with these files would have; for what is yet to be written. */
export function digestOfFiles(files: ReadonlyMap<string, Uint8Array>): string {
  const paths = [...files.keys()].sort(byBytes)
  return digestOfHashes(paths.map((path) => [path, sha256(files.get(path) as Uint8Array)]))
}

/**
 * Compares a plugin's files with what the config pins. Undefined: nothing is pinned.
 *
 * @throws PluginError `PLUGIN_INTEGRITY_MISMATCH`.
 */
export function checkIntegrity(plugin: string, folder: string, pinned: string | undefined): void {
  if (pinned === undefined) return
  compare(plugin, folder, pinned, tryDigest(plugin, folder))
}

/** {@link checkIntegrity} before each start of a plugin's process. */
export async function recheckIntegrity(plugin: string, folder: string, pinned: string | undefined): Promise<void> {
  if (pinned === undefined) return
  const found = await readDigestOfFolder(folder).catch((error: unknown) => {
    throw unreadable(plugin, folder, error)
  })
  compare(plugin, folder, pinned, found)
}

function compare(plugin: string, folder: string, pinned: string, found: string): void {
  if (found === pinned) return
  throw pluginError(
    'PLUGIN_INTEGRITY_MISMATCH',
    `The files of the plugin ${plugin} in ${folder} are not those that were pinned: expected ${pinned}, found ${found}; if the change is meant, run \`gururmm-agent plugin pin ${plugin}\`, else install the plugin anew.`,
  )
}

function tryDigest(plugin: string, folder: string): string {
  try {
    return digestOfFolder(folder)
  } catch (error) {
    throw unreadable(plugin, folder, error)
  }
}

function unreadable(plugin: string, folder: string, error: unknown) {
  const message = `The files of the plugin ${plugin} in ${folder} can't be held against what was pinned: ${(error as Error).message}.`
  return pluginError('PLUGIN_INTEGRITY_MISMATCH', message, error)
}

/** Relative paths with `/`, in the order of their bytes. */
function filesOf(folder: string): readonly string[] {
  const files: string[] = []
  const look = (below: string): void => {
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`
      if (entry.isDirectory()) look(path)
      else if (entry.isFile()) files.push(checkName(path))
      else
        throw new Error(
          `${path} is ${entry.isSymbolicLink() ? 'a link' : 'no file'}, which no digest covers; remove it`,
        )
      if (files.length > MAX_FILES) throw new Error(`it has over ${MAX_FILES} files`)
    }
  }
  look('')
  return files.sort(byBytes)
}

/** `sha256sum` writes such names in another way, and nobody needs them. */
function checkName(path: string): string {
  if (/[\\\p{Cc}]/u.test(path)) throw new Error(`the name ${JSON.stringify(path)} has a backslash or control character`)
  return path
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(`./${a}`), Buffer.from(`./${b}`))
}

function digestOfHashes(hashes: readonly (readonly [path: string, hash: string])[]): string {
  return `sha256-${sha256(hashes.map(([path, hash]) => `${hash}  ./${path}\n`).join(''))}`
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}
