import type { Launch } from '../containment/index.ts'
import { MARKER } from '../containment/index.ts'

/** What a waiting shell was started with, and where it finds its program's input and its own line to us. */
export interface Standing {
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** Descriptor of the program's standard input. */
  readonly input: number
  /** Descriptor by which the shell says that it could not become the program; closed in the program. */
  readonly report: number
  /** What it says then; nobody else knows it. */
  readonly token: string
}

/** Variables that shells set, read or count themselves: what a program gets of these is left to a direct start. */
const OWN_VARIABLES = new Set(
  'PWD OLDPWD SHLVL IFS OPTIND OPTARG PPID LINENO PS1 PS2 PS4 MAIL MAILPATH MAILCHECK ATTY HISTSIZE HISTFILE ENV BASH_ENV _ RANDOM'.split(
    ' ',
  ),
)

/** A longer text is left to a direct start, so that handing it over never waits for the shell to read. */
const MAX_LENGTH = 32_768

/** Told to the shell when it starts: from here on every end of it that is not the program's says so. */
export function introduction({ token, report }: Standing): string {
  return `trap 'echo ${token} $? >&${report}' EXIT\n`
}

/**
 * What makes the shell become the program, with its directory and environment.
 *
 * Every foreign word stands between single quotes, where a POSIX shell knows one special character, the closing quote; that one is
 * written as `'\''`. So nothing of it is ever interpreted.
 *
 * @returns null where only a direct start gives the program exactly what it is to have.
 */
export function instructions(launch: Launch, standing: Standing): string | null {
  const { env, cwd, input, report } = standing
  const added = Object.entries(launch.env).filter(([name, value]) => name !== MARKER && env[name] !== value)
  if (
    !added.every(([name]) => isPlainName(name)) ||
    !Object.keys(env).every((name) => Object.hasOwn(launch.env, name))
  ) {
    return null
  }
  const words = [launch.program, ...launch.args].map(quoteWord).join(' ')
  const lines = [
    ...(launch.cwd === cwd ? [] : [`cd -P ${quoteWord(launch.cwd)} || exit 126`]),
    ...added.map(([name, value]) => `export ${quoteWord(`${name}=${value}`)}`),
    // A shell makes and exports these on its own.
    'unset PWD OLDPWD SHLVL',
    // In a group, so that the shell keeps the way to us for itself until it has become the program.
    `{ exec ${words}; } <&${input} ${input}<&- ${report}>&-`,
  ]
  const text = `${lines.join('\n')}\n`
  return text.length > MAX_LENGTH || text.includes('\0') ? null : text
}

/** Whether a waiting shell can hold this environment without changing it. */
export function isPlainEnvironment(env: Readonly<Record<string, string>>): boolean {
  return Object.keys(env).every(isPlainName)
}

function isPlainName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !OWN_VARIABLES.has(name)
}

function quoteWord(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}
