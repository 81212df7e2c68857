import { constants } from 'node:os'
import type { GrantedPermissions } from '../permissions.ts'
import { sandboxed } from './sandbox.ts'

/** The process of a plugin, before it is started. */
export interface Launch {
  readonly program: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

export interface LaunchOptions {
  readonly isolation: 'process' | 'sandbox'
  /** The Node.js to run it with. */
  readonly node: string
  /** Major version of that. */
  readonly nodeMajor: number
  /** What the process runs. */
  readonly entry: string
  /** Folders with the agent's own code, which it imports. */
  readonly agentFolders: readonly string[]
  /** The plugin's. */
  readonly folder: string
  readonly dataDir: string
  readonly permissions: GrantedPermissions
  /** Of its JavaScript heap. */
  readonly memoryMegabytes: number
  /** Where names of `permissions.environment` are looked up. */
  readonly environment: Readonly<NodeJS.ProcessEnv>
  /** Marks it as this agent's. */
  readonly marker: Readonly<Record<string, string>>
  /** Whether it begins with root's rights, to give them up. */
  readonly dropsRights: boolean
}

/** Windows programs do not start without. */
const WINDOWS_NAMES = ['SystemRoot', 'TEMP', 'TMP']

/** How a plugin's process is started: with what was granted and nothing else. */
export function launchOf(options: LaunchOptions): Launch {
  const { node, entry } = options
  const launch = { program: node, args: [...nodeFlags(options), entry], env: environmentOf(options) }
  return options.isolation === 'sandbox' ? sandboxed(launch, options) : launch
}

function nodeFlags(options: LaunchOptions): readonly string[] {
  const { entry, agentFolders, folder, dataDir, permissions, memoryMegabytes, nodeMajor } = options
  const read = [...agentFolders, folder, dataDir, ...listOf(permissions.read)]
  const write = [dataDir, ...listOf(permissions.write)]
  return [
    '--permission',
    ...read.map((path) => `--allow-fs-read=${path}`),
    ...write.map((path) => `--allow-fs-write=${path}`),
    // Older ones have no such flag, and no way to withhold the network
    ...(permissions.network && nodeMajor >= 26 ? ['--allow-net'] : []),
    `--max-old-space-size=${memoryMegabytes}`,
    '--disable-sigusr1',
    '--disable-warning=ExperimentalWarning',
    // Before it is built, the agent's own code is found by this condition
    ...(entry.endsWith('.ts') ? ['--conditions=gururmm-source'] : []),
  ]
}

function listOf(paths: readonly string[] | 'all'): readonly string[] {
  return paths === 'all' ? [] : paths
}

function environmentOf({ permissions, environment, marker }: LaunchOptions): Record<string, string> {
  const names = [...permissions.environment, ...(process.platform === 'win32' ? WINDOWS_NAMES : [])]
  const entries = names.flatMap((name) => {
    const value = environment[name]
    return value === undefined || isReserved(name) ? [] : [[name, value]]
  })
  return { ...Object.fromEntries(entries), ...marker }
}

/** Variables by which Node.js itself is told what to load or allow. */
function isReserved(name: string): boolean {
  return /^(?:NODE_|LD_|DYLD_)/i.test(name)
}

/** A signal by its number, as in an exit code of 128 and more. */
export function signalOf(code: number | null): string | null {
  if (code === null || code <= 128) return null
  return Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0] ?? null
}
