import { basename, resolve } from 'node:path'
import { CommandError, type Directory, type Logger, type RunOptions } from '@gururmm/plugin-sdk'
import type { StopReason } from '../dispatch/contract.ts'
import type { Redactor } from '../redaction/index.ts'
import { hasElevatedRights } from './account.ts'
import { type Launch, MARKER, type Tree } from './containment/index.ts'
import type { CommandRunner, CommandRunnerOptions, RunAs } from './contract.ts'
import { entranceOf, openDirectory } from './directory.ts'
import { mergeEnvironments } from './environment.ts'
import { createCommandOutput } from './output/command-output.ts'
import { type Decoder, utf8Decoder } from './output/decode.ts'
import { refusedRun } from './refused-run.ts'
import { type HeldRun, type RunSetup, startRun } from './run.ts'
import { quoted } from './spawn-failure.ts'
import type { StopCause } from './stop.ts'

/** What the runner shares with its commands. */
export interface RunnerHost {
  /** Starts a program in a container. Throws what `spawn` throws. */
  start(launch: Launch): Tree
  readonly logger: Logger
  readonly redactor: Redactor
  readonly runAs: RunAs | null
  /** Of a program with the run-as account, and of one with the agent's own. */
  environment(elevated: boolean): Readonly<Record<string, string>>
  /** The marker of the next run. */
  nextMarker(): string
  systemDecoder(): Promise<Decoder>
}

/** The runs and directories of one command; see the contract. */
export function createCommandRunner(host: RunnerHost, command: CommandRunnerOptions): CommandRunner {
  const output = createCommandOutput(command.maxOutputBytes)
  const runs = new Set<HeldRun>()
  const directories = new Set<Directory>()
  let over = false

  const stopAll = (): void => {
    for (const held of runs) held.stop(stopCause(command.signal))
  }
  command.signal.addEventListener('abort', stopAll, { once: true })

  const hold = (held: HeldRun): HeldRun => {
    runs.add(held)
    const drop = (): void => void runs.delete(held)
    held.run.ended.then(drop, drop)
    return held
  }
  return {
    run(program, args, options = {}) {
      try {
        requireRunnable(command, over, program, options)
        return hold(startRun(setupOf(host, command, output, program, args, options))).run
      } catch (error) {
        return refusedRun(error as CommandError)
      }
    },
    async openDirectory(path, within) {
      const directory = await openDirectory(path, within)
      if (over) await directory.close()
      else directories.add(directory)
      return directory
    },
    output: () => output.result(),
    async end() {
      over = true
      for (const held of runs) held.stop('stop')
      await Promise.allSettled([...runs].map((held) => held.run.ended))
      await Promise.all([...directories].map((directory) => directory.close()))
      directories.clear()
      command.signal.removeEventListener('abort', stopAll)
    },
  }
}

/** Throws the CommandError that says why this command may not run this program, or not any more. */
function requireRunnable(command: CommandRunnerOptions, over: boolean, program: string, options: RunOptions): void {
  const refuse = (code: string, message: string): never => {
    throw new CommandError(code, message, { refused: true })
  }
  if (command.signal.aborted) {
    const timedOut = stopCause(command.signal) === 'timeout'
    refuse(
      timedOut ? 'COMMAND_TIMED_OUT' : 'COMMAND_CANCELLED',
      `The command was stopped before ${quoted(program)} could be started.`,
    )
  }
  if (over) refuse('SPAWN_FAILED', `The program ${quoted(program)} was not started: its command has ended.`)
  if (!command.allowProgram(program)) {
    const message = `The plugin has no permission to start ${quoted(program)}; grant it in the plugin’s permissions.programs if it should have it.`
    refuse('PROGRAM_NOT_ALLOWED', message)
  }
  if (options.elevated === true && !hasElevatedRights()) {
    refuse(
      'ELEVATION_UNAVAILABLE',
      `The program ${quoted(program)} needs an agent that runs as root or Administrator; this one does not.`,
    )
  }
}

function setupOf(
  host: RunnerHost,
  command: CommandRunnerOptions,
  output: ReturnType<typeof createCommandOutput>,
  program: string,
  args: readonly string[],
  options: RunOptions,
): RunSetup {
  const entrance = typeof options.cwd === 'object' ? entranceOf(options.cwd) : null
  const named = typeof options.cwd === 'string' ? resolve(command.defaultCwd, options.cwd) : command.defaultCwd
  const elevated = options.elevated ?? false
  const launch: Launch = {
    ...quotedForPlatform(program, args),
    cwd: entrance?.cwd ?? named,
    env: mergeEnvironments([
      host.environment(elevated),
      command.environment,
      options.env,
      { [MARKER]: host.nextMarker() },
    ]),
    account: elevated || host.runAs === null ? undefined : { uid: host.runAs.uid, gid: host.runAs.gid },
  }
  return {
    launch,
    start: host.start,
    redactor: host.redactor,
    logger: host.logger,
    options,
    capture: options.output === 'plugin' ? null : output.open(),
    decoder: options.encoding === 'system' && process.platform === 'win32' ? host.systemDecoder : utf8Decoder,
    onOutput: (stream, offset, data) => command.onOutput?.({ stream, offset, data }),
    verify: () => (entrance === null || entrance.stillSame() ? null : movedAway(options.cwd as Directory)),
  }
}

/**
 * cmd.exe takes everything after `/s /c` as it stands between two quotes, and does not know the quoting of other programs. A
 * command line for it therefore goes through untouched.
 */
export function quotedForPlatform(
  program: string,
  args: readonly string[],
  platform: NodeJS.Platform = process.platform,
): Pick<Launch, 'program' | 'args' | 'verbatim'> {
  const isCmd = platform === 'win32' && /^cmd(\.exe)?$/i.test(basename(program.replaceAll('\\', '/')))
  const line = args.at(-1)
  if (!isCmd || line === undefined || args.at(-2)?.toLowerCase() !== '/c') return { program, args }
  return { program, args: [...args.slice(0, -1), `"${line}"`], verbatim: true }
}

function stopCause(signal: AbortSignal): StopCause {
  return (signal.reason as StopReason) === 'timeout' ? 'timeout' : 'abort'
}

function movedAway(directory: Directory): CommandError {
  const message = `The directory ${quoted(directory.path)} was replaced while a program was started in it; the program was ended.`
  return new CommandError('DIRECTORY_OUTSIDE', message, { refused: true })
}
