import { userInfo } from 'node:os'
import type { RunAs } from './contract.ts'

/** Taken over from the agent's environment: where things are, how they are written. Never what may be a secret. */
const UNIX_NAMES = ['PATH', 'LANG', 'LANGUAGE', 'LC_ALL', 'LC_CTYPE', 'TZ']
const WINDOWS_NAMES = [
  'PATH',
  'PATHEXT',
  'SystemRoot',
  'SystemDrive',
  'windir',
  'ComSpec',
  'TEMP',
  'TMP',
  'OS',
  'NUMBER_OF_PROCESSORS',
  'PROCESSOR_ARCHITECTURE',
  'COMPUTERNAME',
  'USERNAME',
  'USERDOMAIN',
  'USERPROFILE',
  'HOMEDRIVE',
  'HOMEPATH',
  'APPDATA',
  'LOCALAPPDATA',
  'ALLUSERSPROFILE',
  'ProgramData',
  'ProgramFiles',
  'ProgramFiles(x86)',
  'ProgramW6432',
  'CommonProgramFiles',
  'CommonProgramFiles(x86)',
  'CommonProgramW6432',
  'PUBLIC',
]

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * What every program finds in its environment; nothing else of the agent's own reaches it.
 *
 * @param account whose home and name it is; null: the agent's own.
 */
export function baseEnvironment(
  account: RunAs | null,
  source: Readonly<NodeJS.ProcessEnv> = process.env,
  platform: NodeJS.Platform = process.platform,
): Record<string, string> {
  if (platform === 'win32') return pick(WINDOWS_NAMES, source, (name) => name.toUpperCase())
  const { user, home } = account === null ? ownAccount() : { user: account.user, home: account.home ?? '/' }
  return {
    PATH: DEFAULT_PATH,
    // A service has no locale, and programs without one write ASCII.
    ...(platform === 'linux' && { LANG: 'C.UTF-8' }),
    ...pick(UNIX_NAMES, source, (name) => name),
    HOME: home,
    ...(user !== undefined && { USER: user, LOGNAME: user }),
    SHELL: '/bin/sh',
    // The agent's own temporary folder may be closed to another account.
    ...(account === null && pick(['TMPDIR'], source, (name) => name)),
  }
}

/**
 * Lays one environment over another.
 *
 * @param platform on Windows names differ by more than case only.
 */
export function mergeEnvironments(
  layers: readonly (Readonly<Record<string, string>> | undefined)[],
  platform: NodeJS.Platform = process.platform,
): Record<string, string> {
  if (platform !== 'win32') return Object.assign({}, ...layers) as Record<string, string>
  const merged = new Map<string, [string, string]>()
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer ?? {})) merged.set(name.toUpperCase(), [name, value])
  }
  return Object.fromEntries(merged.values())
}

function pick(
  names: readonly string[],
  source: Readonly<NodeJS.ProcessEnv>,
  fold: (name: string) => string,
): Record<string, string> {
  const wanted = new Set(names.map(fold))
  const entries = Object.entries(source).filter(
    ([name, value]) => value !== undefined && value !== '' && wanted.has(fold(name)),
  )
  return Object.fromEntries(entries) as Record<string, string>
}

/** An account without an entry (a bare uid in a container) has no name. */
function ownAccount(): { user?: string; home: string } {
  try {
    const { username, homedir } = userInfo()
    return { user: username, home: homedir }
  } catch {
    return { home: '/' }
  }
}
