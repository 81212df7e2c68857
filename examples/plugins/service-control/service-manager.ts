import { type CommandContext, CommandError, type RunEnd } from '@gururmm/plugin-sdk'
import type { ServiceConfig } from './schemas.ts'

export type Context = CommandContext<ServiceConfig>

/** A service as the machine's service manager tells of it. */
export interface Service {
  /** The manager's own name for it, whatever alias it was asked by. */
  readonly name: string
  readonly description: string
  readonly state: 'running' | 'stopped' | 'failed' | 'changing' | 'unknown'
  /** The state in the manager's own words. */
  readonly detail: string
  /** How it is started, in the manager's own words, e.g. `enabled`, `Auto`. Null where it says nothing. */
  readonly start: string | null
  /** Null where no process of it runs. */
  readonly pid: number | null
}

/** What is done with services, by whichever manager the machine has. */
export interface ServiceManager {
  /** The program that is to be allowed. */
  readonly program: string
  /** Makes names that mean the same service the same text. */
  plainName(name: string): string
  list(ctx: Context): Promise<readonly Service[]>
  /** Null where there is no such service. */
  find(name: string, ctx: Context): Promise<Service | null>
  /** Returns when it was restarted; how it fares then is `find()`'s to tell. */
  restart(name: string, ctx: Context): Promise<void>
}

/** What a program wrote and how it ended. */
export interface Answer {
  readonly end: RunEnd
  readonly stdout: string
  readonly stderr: string
}

/** Most that is kept of what a program writes, in UTF-16 units: some thousands of services. */
const MAX_ANSWER = 8_388_608

/**
 * Runs a program to its end, its output for this plugin only.
 *
 * @throws CommandError `SPAWN_FAILED`, `PROGRAM_NOT_ALLOWED`; `SERVICE_CONTROL_ANSWER_INVALID` where it wrote too much.
 */
export async function ask(
  ctx: Context,
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Answer> {
  const run = ctx.run(program, args, {
    output: 'plugin',
    env: { LC_ALL: 'C', ...env },
    elevated: ctx.command.elevated,
  })
  run.end()
  const [stdout, stderr, end] = await Promise.all([gather(run.lines('stdout')), gather(run.lines('stderr')), run.ended])
  return { end, stdout, stderr }
}

async function gather(lines: AsyncIterable<string>): Promise<string> {
  const gathered: string[] = []
  let length = 0
  for await (const line of lines) {
    length += line.length + 1
    if (length > MAX_ANSWER) throw invalidAnswer('more than 8 MiB')
    gathered.push(line)
  }
  return gathered.join('\n')
}

/** What the manager said makes no sense. */
export function invalidAnswer(found: string): CommandError {
  const message = `The service manager was expected to tell of services, and its answer was ${found}; see on the machine whether it works.`
  return new CommandError('SERVICE_CONTROL_ANSWER_INVALID', message)
}

/** The manager could not do what it was asked; its own words say why. */
export function managerFailed(what: string, { end, stderr, stdout }: Answer): CommandError {
  const said = (stderr.trim() || stdout.trim()).slice(0, 500)
  const how = end.exitCode === null ? `ended by ${end.signal}` : `exit code ${end.exitCode}`
  const message = `The service manager could not ${what} (${how}): ${JSON.stringify(said)}; mend what it names, then send the command again.`
  return new CommandError('SERVICE_CONTROL_FAILED', message)
}
