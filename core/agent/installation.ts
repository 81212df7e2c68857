import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** Where the parts of this agent lie: the same below the bundle's `dist` as in the source tree. */
export interface Installation {
  /** Of the package `gururmm-agent`. */
  readonly version: string
  /** URL of the copy of the SDK that plugins get. */
  readonly sdkUrl: string
  /** What the process of a plugin that is not shipped runs. */
  readonly pluginProcess: { readonly entry: string; readonly agentFolders: readonly string[] }
  /** What the process runs that asks a plugin's code for its manifest. */
  readonly declare: string
  /** What is loaded before an author's tests. */
  readonly provide: string
  /** The SDK as plugin authors have it in their node_modules: with its types and its test kit. */
  readonly authorSdk: string
  /** The folder of each shipped plugin, by the plugin's name. */
  readonly shippedFolders: Readonly<Record<string, string>>
  /** The script that starts it. */
  readonly launcher: string
  /** Where WinSW is, which lets Windows run it as a service; only the package for Windows has it. */
  readonly serviceWrapper: string
}

/**
 * Looks for the agent's own parts, upwards from this module.
 *
 * @throws Error where they are missing: the installation is broken.
 */
export function findInstallation(from: string = dirname(fileURLToPath(import.meta.url))): Installation {
  // Two folders up from here in the source tree, fewer in the bundle; further up is somebody else's.
  for (const folder of [from, dirname(from), dirname(dirname(from))]) {
    const sdk = ['index.ts', 'index.js'].map((file) => join(folder, 'plugin-sdk', file)).find(existsSync)
    const plugins = join(folder, 'plugins')
    // core/plugins is a room of the host and has no SDK beside it.
    if (sdk === undefined || !existsSync(plugins)) continue
    return {
      version: versionOf(folder),
      sdkUrl: pathToFileURL(sdk).href,
      pluginProcess: pluginProcess(folder),
      ...authorParts(folder),
      shippedFolders: shippedFolders(plugins),
      ...serviceParts(folder),
    }
  }
  throw new Error(`The agent's own plugins were not found above ${from}; install the agent anew.`)
}

/** In the source tree all of it is imported file by file, and libraries from node_modules. */
function pluginProcess(folder: string): Installation['pluginProcess'] {
  const built = join(folder, 'plugin-process.js')
  if (existsSync(built)) return { entry: built, agentFolders: [folder] }
  const source = ['core', 'plugin-sdk', 'node_modules', 'package.json'].map((name) => join(folder, name))
  return { entry: join(folder, 'core/plugins/isolated/main.ts'), agentFolders: source }
}

/** Beside `dist`, or in the source tree. */
function serviceParts(folder: string): Pick<Installation, 'launcher' | 'serviceWrapper'> {
  const home = existsSync(join(folder, 'plugin-process.js')) ? dirname(folder) : folder
  return { launcher: join(home, 'bin/gururmm-agent.js'), serviceWrapper: join(home, 'service/winsw.exe') }
}

/** The source tree has the SDK's package itself. */
function authorParts(folder: string): Pick<Installation, 'declare' | 'provide' | 'authorSdk'> {
  const declare = join(folder, 'plugin-declare.js')
  if (existsSync(declare)) {
    return { declare, provide: join(folder, 'plugin-provide.js'), authorSdk: join(folder, 'author-sdk') }
  }
  const author = join(folder, 'core/author')
  return {
    declare: join(author, 'declare-main.ts'),
    provide: join(author, 'provide-main.ts'),
    authorSdk: join(folder, 'plugin-sdk'),
  }
}

/** A plugin's folder is its name with hyphens. */
function shippedFolders(plugins: string): Record<string, string> {
  const folders = readdirSync(plugins, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return Object.fromEntries(folders.map(({ name }) => [name.replaceAll('-', '_'), join(plugins, name)]))
}

/** The source tree holds package.json itself, `dist` lies beside it. */
function versionOf(folder: string): string {
  const file = [folder, dirname(folder)].map((place) => join(place, 'package.json')).find(existsSync)
  if (file === undefined)
    throw new Error(`The agent's package.json was not found at ${folder}; install the agent anew.`)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
