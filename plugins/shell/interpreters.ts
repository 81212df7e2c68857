/**
 * How each kind of interpreter is started without reading anybody's start-up files, and how it takes a script.
 *
 * - `shell`: a POSIX shell. A script is handed over on standard input.
 * - `stdin`: reads a whole script from standard input when told `-`.
 * - `cmd`, `powershell`, `file`: takes a script as a file.
 */
export type InterpreterKind = 'shell' | 'stdin' | 'cmd' | 'powershell' | 'file'

/** What is known of an interpreter from its name. */
export interface Interpreter {
  readonly program: string
  readonly kind: InterpreterKind
  /** Keep it from reading start-up files; come before everything else. */
  readonly flags: readonly string[]
}

/**
 * Bash takes a pipe from its parent for a network connection, and then reads `~/.bashrc` for `bash -c` as well; zsh and fish always read a
 * file of their own.
 */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  bash: ['--norc', '--noprofile'],
  zsh: ['-f'],
  fish: ['--no-config'],
  cmd: ['/d', '/s'],
  powershell: ['-NoLogo', '-NoProfile', '-NonInteractive'],
}

/** The interpreter that a name or path stands for. An unknown one gets its scripts as files, and lines after `-c`. */
export function interpreterOf(program: string): Interpreter {
  const name = (program.split(/[\\/]/).at(-1) ?? program).toLowerCase().replace(/\.exe$/, '')
  const kind = kindOf(name)
  return { program, kind, flags: FLAGS[kind === 'powershell' ? kind : name] ?? [] }
}

function kindOf(name: string): InterpreterKind {
  if (/^(sh|bash|dash|ash|zsh|ksh|ksh93|mksh|yash)$/.test(name)) return 'shell'
  if (/^(python[0-9.]*|pypy[0-9.]*|perl[0-9.]*|ruby[0-9.]*|node|nodejs)$/.test(name)) return 'stdin'
  if (name === 'cmd') return 'cmd'
  return /^(powershell|pwsh|pwsh-preview)$/.test(name) ? 'powershell' : 'file'
}

/** The shell of this platform. */
export function defaultShell(platform: NodeJS.Platform, environment: Readonly<NodeJS.ProcessEnv>): string {
  return platform === 'win32' ? `${systemRoot(environment)}\\System32\\cmd.exe` : '/bin/sh'
}

/** The PowerShell of this platform. */
export function defaultPowershell(platform: NodeJS.Platform, environment: Readonly<NodeJS.ProcessEnv>): string {
  if (platform !== 'win32') return 'pwsh'
  return `${systemRoot(environment)}\\System32\\WindowsPowerShell\\v1.0\\powershell.exe`
}

function systemRoot(environment: Readonly<NodeJS.ProcessEnv>): string {
  return environment.SystemRoot ?? 'C:\\Windows'
}
