import { CommandError, type Directory, type RunOptions } from '@gururmm/plugin-sdk'
import { isRecord } from './message.ts'
import { violation } from './peer.ts'

/** What a program may be told without a grant: how to write, not what to load. */
const HARMLESS = /^(?:LANG|LANGUAGE|LC_[A-Z]+|TZ|TERM|COLUMNS|LINES|NO_COLOR)$/

/** The options of a run as a stranger sent them. */
export function runOptionsOf(value: unknown, directoryOf: (id: number) => Directory | undefined): RunOptions {
  if (!isRecord(value)) throw invalid('options')
  const { cwd, env, elevated, encoding, output } = value
  return {
    ...(cwd === undefined ? {} : { cwd: cwdOf(cwd, directoryOf) }),
    ...(env === undefined ? {} : { env: environmentOf(env) }),
    ...(elevated === true ? { elevated } : {}),
    ...(encoding === 'system' ? { encoding } : {}),
    ...(output === 'plugin' ? { output } : {}),
    ...numbersOf(value),
  }
}

/**
 * A variable decides what code a program loads (LD_PRELOAD, NODE_OPTIONS, PATH): with it, a grant for one program would be one for all.
 *
 * @throws CommandError `ENVIRONMENT_NOT_ALLOWED`.
 */
export function requireEnvironment({ env = {} }: RunOptions, granted: readonly string[]): void {
  const extra = Object.keys(env).find((name) => !HARMLESS.test(name) && !granted.includes(name))
  if (extra === undefined) return
  const message = `The plugin may not set the environment variable ${JSON.stringify(extra.slice(0, 128))} for a program; grant it in the plugin’s permissions.environment if it should.`
  throw new CommandError('ENVIRONMENT_NOT_ALLOWED', message, { refused: true })
}

function cwdOf(cwd: unknown, directoryOf: (id: number) => Directory | undefined): string | Directory {
  if (typeof cwd === 'string') return cwd
  if (!isRecord(cwd) || typeof cwd.directory !== 'number') throw invalid('cwd')
  const directory = directoryOf(cwd.directory)
  if (directory !== undefined) return directory
  throw new CommandError('DIRECTORY_MISSING', 'The directory is not open any more; open it again.', { refused: true })
}

function environmentOf(env: unknown): Record<string, string> {
  if (!isRecord(env) || !Object.values(env).every((value) => typeof value === 'string')) throw invalid('env')
  return { ...env } as Record<string, string>
}

function numbersOf(value: Readonly<Record<string, unknown>>): RunOptions {
  const numbers = ['maxLineBytes', 'idleTimeoutSeconds', 'graceSeconds'].flatMap((name) => {
    const number = value[name]
    if (number === undefined || number === null) return []
    if (typeof number !== 'number' || !(number >= 0 && number <= MOST[name as keyof typeof MOST])) throw invalid(name)
    return [[name, number]]
  })
  return Object.fromEntries(numbers)
}

/** So that no timer overflows, and the host keeps no more of a line than it could send. */
const MOST = { maxLineBytes: 4_194_304, idleTimeoutSeconds: 2_000_000, graceSeconds: 3600 } as const

function invalid(name: string): Error {
  return violation(`it asked for a program with \`${name}\` that no plugin sends`)
}
