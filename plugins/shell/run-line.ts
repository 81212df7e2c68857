import { CommandError, exitCodeOf, type Outcome, type RunOptions } from '@gururmm/plugin-sdk'
import { requireAllowed } from './allow-list.ts'
import type { ShellContext } from './config-schema.ts'
import { requireElevationAllowed } from './elevation.ts'
import { defaultPowershell, defaultShell, type Interpreter, interpreterOf } from './interpreters.ts'
import { powershellArguments } from './powershell.ts'

/** Runs a line in the operator's shell. */
export function runShellLine({ command }: { readonly command: string }, ctx: ShellContext): Promise<Outcome> {
  return runLine(command, interpreterOf(ctx.config.interpreter ?? defaultShell(process.platform, process.env)), ctx)
}

/** Runs a line in PowerShell. */
export function runPowershellLine({ command }: { readonly command: string }, ctx: ShellContext): Promise<Outcome> {
  const program = ctx.config.powershell ?? defaultPowershell(process.platform, process.env)
  return runLine(command, { ...interpreterOf(program), kind: 'powershell' }, ctx)
}

async function runLine(line: string, interpreter: Interpreter, ctx: ShellContext): Promise<Outcome> {
  const options = runOptions(ctx, interpreter)
  await requireAllowed(ctx.config, line)
  return runToEnd(ctx, interpreter.program, lineArguments(interpreter, line), options)
}

/**
 * What makes an interpreter run a line.
 *
 * @throws CommandError `SHELL_UNSUITABLE` where cmd.exe would run only the first of several lines.
 */
export function lineArguments(interpreter: Interpreter, line: string): string[] {
  if (interpreter.kind === 'powershell') return powershellArguments(interpreter, line)
  if (interpreter.kind !== 'cmd') return [...interpreter.flags, '-c', line]
  if (!/[\r\n]/.test(line)) return [...interpreter.flags, '/c', line]
  throw unsuitable('cmd.exe runs one line, and this command has several; send it as a script.')
}

/** Starts a program of this command, gives it no input, and ends as it does. */
export async function runToEnd(
  ctx: ShellContext,
  program: string,
  args: readonly string[],
  options: RunOptions,
  input?: string,
): Promise<Outcome> {
  const run = ctx.run(program, args, options)
  run.end(input)
  return { exitCode: exitCodeOf(await run.ended) }
}

/**
 * What every program of this command is run with.
 *
 * @throws CommandError `ELEVATION_UNAVAILABLE` where the command asks for it and the operator does not allow it.
 */
export function runOptions({ config, command }: ShellContext, { kind }: Interpreter): RunOptions {
  requireElevationAllowed(command.elevated, config)
  return {
    cwd: config.workingDirectory ?? (process.platform === 'win32' ? `${process.env.SystemDrive ?? 'C:'}\\` : '/'),
    env: config.environment,
    elevated: command.elevated,
    // PowerShell is told to write UTF-8; nothing else on Windows can be.
    encoding: kind === 'powershell' ? 'utf-8' : 'system',
  }
}

export function unsuitable(message: string): CommandError {
  return new CommandError('SHELL_UNSUITABLE', message, { refused: true })
}
