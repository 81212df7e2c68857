import { access, constants, readdir, realpath, stat } from 'node:fs/promises'
import { delimiter, dirname, isAbsolute, join } from 'node:path'

/** What finding the CLI depends on; a test gives its own. */
export interface Machine {
  readonly platform: NodeJS.Platform
  readonly env: Readonly<Record<string, string | undefined>>
}

/** A program that can be started without a shell, and what tells one installed version from the next. */
export interface Program {
  /** Canonical path. */
  readonly path: string
  /** Changes whenever the file does. */
  readonly identity: string
}

/** Smaller than this it is the npm package's stub, not the program (which has some hundred MiB). */
const STUB_BYTES = 1024 * 1024

/** Where the npm package keeps its program, on every platform. */
const IN_PACKAGE = ['@anthropic-ai', 'claude-code', 'bin', 'claude.exe']

/**
 * The CLI's program: the configured one alone, else `claude` on the PATH, then where npm and the native installers put it.
 *
 * @param configured `cliPath`; null: search.
 */
export async function locateCli(
  configured: string | null,
  machine: Machine = { platform: process.platform, env: process.env },
): Promise<Program | undefined> {
  const candidates =
    configured === null ? [...onPath(machine), ...wellKnown(machine)] : [configured, ...besideShim(configured)]
  for (const candidate of candidates) {
    const program = await asProgram(candidate, machine.platform)
    if (program) return program
  }
  return undefined
}

function onPath({ platform, env }: Machine): readonly string[] {
  const folders = (env.PATH ?? env.Path ?? '').split(delimiter).filter((folder) => isAbsolute(folder))
  if (platform !== 'win32') return folders.map((folder) => join(folder, 'claude'))
  // npm puts `claude.cmd` there, which no program but a shell can start; the program itself lies in its package.
  return folders.flatMap((folder) => [join(folder, 'claude.exe'), ...besideShim(join(folder, 'claude.cmd'))])
}

function besideShim(path: string): readonly string[] {
  return /\.(cmd|ps1)$/i.test(path) ? [join(dirname(path), 'node_modules', ...IN_PACKAGE)] : []
}

function wellKnown({ platform, env }: Machine): readonly string[] {
  const home = env.HOME ?? env.USERPROFILE
  if (platform === 'win32') {
    return [
      ...(env.APPDATA ? [join(env.APPDATA, 'npm', 'node_modules', ...IN_PACKAGE)] : []),
      ...(home ? [join(home, '.local', 'bin', 'claude.exe')] : []),
      ...(env.ProgramFiles ? [join(env.ProgramFiles, 'nodejs', 'node_modules', ...IN_PACKAGE)] : []),
    ]
  }
  return [
    ...(home ? [join(home, '.local', 'bin', 'claude')] : []),
    '/usr/local/bin/claude',
    '/opt/homebrew/bin/claude',
    join('/usr/local/lib/node_modules', ...IN_PACKAGE),
    join('/usr/lib/node_modules', ...IN_PACKAGE),
  ]
}

async function asProgram(candidate: string, platform: NodeJS.Platform): Promise<Program | undefined> {
  const path = await realpath(candidate).catch(() => undefined)
  if (path === undefined || (platform === 'win32' && !/\.exe$/i.test(path))) return undefined
  const own = await identify(path)
  if (own === undefined || own.bytes >= STUB_BYTES || !isInPackage(path)) return own?.program
  return (await fromPlatformPackage(path)) ?? own.program
}

function isInPackage(path: string): boolean {
  return /[\\/]@anthropic-ai[\\/]claude-code[\\/]bin[\\/][^\\/]+$/.test(path)
}

/** npm that runs no install scripts leaves the stub in place; the program still came, in the package for this platform. */
async function fromPlatformPackage(stub: string): Promise<Program | undefined> {
  const package_ = dirname(dirname(stub))
  const scopes = [dirname(package_), join(package_, 'node_modules', '@anthropic-ai')]
  for (const scope of scopes) {
    const names = await readdir(scope).catch(() => [])
    for (const name of names.filter((each) => each.startsWith('claude-code-'))) {
      for (const file of ['claude', 'claude.exe']) {
        const found = await identify(join(scope, name, file))
        if (found) return found.program
      }
    }
  }
  return undefined
}

async function identify(path: string): Promise<{ readonly program: Program; readonly bytes: number } | undefined> {
  try {
    await access(path, constants.X_OK)
    const found = await stat(path)
    const identity = [path, found.dev, found.ino, found.size, found.mtimeMs].join(':')
    return found.isFile() ? { program: { path, identity }, bytes: found.size } : undefined
  } catch {
    return undefined
  }
}
