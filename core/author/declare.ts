import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { MANIFEST_FILE, type Manifest } from '@gururmm/plugin-sdk'
import type { Installation } from '../agent/installation.ts'
import { checkShape } from '../plugins/manifest-file.ts'
import { pluginError } from '../plugins/plugin-error.ts'
import { canonicalJson } from '../protocol/canonical-json.ts'
import { readPackageJson } from './package-json.ts'

/** As long as the agent gives a plugin's code to load. */
const LOAD_MS = 30_000

/**
 * The manifest that the code in a plugin's folder declares. The code runs in a process that may read files and nothing else.
 *
 * @throws PluginError `PLUGIN_LOAD_FAILED` with what Node.js says, file and line first; `PLUGIN_PACKAGE_INVALID`.
 */
export async function declaredManifest(folder: string, installation: Installation): Promise<Manifest> {
  const { version, entry } = readPackageJson(folder)
  const file = join(folder, entry)
  const { code, stdout, stderr } = await runDeclare([installation.sdkUrl, file, version, entry], installation)
  if (code === 0) return checkShape(folder, JSON.parse(stdout))
  throw pluginError(
    'PLUGIN_LOAD_FAILED',
    readableError(stderr, folder) || `${file} ended its process when it was imported.`,
  )
}

/**
 * Whether a plugin's teardown is safe where nothing was set up.
 *
 * @returns what is wrong; undefined: nothing.
 */
export async function checkTeardown(folder: string, installation: Installation): Promise<string | undefined> {
  const { version, entry } = readPackageJson(folder)
  const args = [installation.sdkUrl, join(folder, entry), version, entry, 'teardown']
  const { code, stderr } = await runDeclare(args, installation)
  return code === 0 ? undefined : readableError(stderr, folder) || 'it ended its process'
}

async function runDeclare(args: readonly string[], { declare }: Installation) {
  const child = spawn(
    process.execPath,
    [
      '--permission',
      '--allow-fs-read=*',
      '--disable-warning=ExperimentalWarning',
      ...(declare.endsWith('.ts') ? ['--conditions=gururmm-source'] : []),
      declare,
      ...args,
    ],
    {
      env: bareEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LOAD_MS,
      killSignal: 'SIGKILL',
      windowsHide: true,
    },
  )
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  const late = signal === 'SIGKILL' ? `It was not loaded within ${LOAD_MS / 1000} seconds.\n` : ''
  return { code: code as number | null, stdout, stderr: late + stderr }
}

/** A plugin sees no variable that it was not granted; Windows programs do not start without these. */
function bareEnvironment(): Record<string, string> {
  const { SystemRoot, TEMP } = process.env
  return { ...(SystemRoot && { SystemRoot }), ...(TEMP && { TEMP }) }
}

/** What Node.js prints of an uncaught error, as far as it is about the author's files, whose paths become relative. */
export function readableError(stderr: string, folder: string): string {
  const text = stderr
    .replaceAll(/file:\/\/\S+?(?=[:\s)'"]|$)/gm, (url) => pathOf(url))
    .replaceAll(join(folder, '/'), '')
    .replaceAll(/^Node\.js v.*$/gm, '')
    // Frames of Node.js and of the agent, also the piece of their code that comes first
    .replace(/^(?:node:|\/|[A-Z]:\\)[^\n]*:\d+\n(?:[^\n]+\n)*\n+/, '')
    .replaceAll(/^\s+at (?:async )?(?:.*\()?(?:node:|\/|[A-Z]:\\).*\n?/gm, '')
  return text.replaceAll(/\n{3,}/g, '\n\n').trim()
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url)
  } catch {
    return url
  }
}

/** The manifest as the file holds it. */
export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`
}

/** Whether the folder's manifest file says something else than the code, or nothing. */
export function isStale(folder: string, manifest: Manifest): boolean {
  try {
    return canonicalJson(JSON.parse(readFileSync(join(folder, MANIFEST_FILE), 'utf8'))) !== canonicalJson(manifest)
  } catch {
    return true
  }
}

/** @returns whether there was anything to change. */
export function writeManifest(folder: string, manifest: Manifest): boolean {
  if (!isStale(folder, manifest)) return false
  writeFileSync(join(folder, MANIFEST_FILE), manifestText(manifest))
  return true
}
