import type { PluginCommand } from '@gururmm/plugin-sdk'
import type { Execution, RunResult } from '../dispatch/contract.ts'
import type { CommandRunner, Runner } from '../runner/contract.ts'
import type { Validate } from '../schema/index.ts'
import { type ContextParts, commandContext } from './context.ts'
import type { PluginSetup } from './hosted-plugin.ts'
import { type HandlerEnd, type ResultParts, resultOf, resultOfThrow, stuckResult } from './outcome.ts'
import { mayRun } from './permissions.ts'

/** What every command of a plugin is run with. */
export interface CommandParts extends ContextParts {
  readonly runner: Runner
  readonly maxOutputBytes: number
  readonly stuckAfterSeconds: number
}

/** Runs a handler in this process. Resolves, whatever it does, once nothing of the command is left running. */
export async function runCommand(
  handler: PluginCommand['handler'],
  execution: Execution,
  { config, permissions }: PluginSetup,
  parts: CommandParts,
  checkData: Validate | undefined,
): Promise<RunResult> {
  const { command, signal } = execution
  let ended = false
  const runner = parts.runner.forCommand({
    commandId: command.id,
    signal,
    maxOutputBytes: parts.maxOutputBytes,
    defaultCwd: parts.dataDir,
    allowProgram: (program) => mayRun(permissions, program),
    onOutput: (item) => execution.progress(item),
  })
  const context = commandContext(parts, config, execution, runner, () => ended)
  const handled = callHandler(() => handler(execution.input as never, context))
  const end = await endOrStuck(handled, signal, runner, parts.stuckAfterSeconds)
  ended = true
  await runner.end()
  return toResult(end, execution, { ...parts, type: command.type, captured: runner.output(), checkData })
}

function toResult(end: HandlerEnd, { command, signal }: Execution, parts: ResultParts & CommandParts): RunResult {
  const fields = { command: command.id, type: command.type }
  if (end === 'stuck') {
    parts.logger.error({ ...fields, code: 'HANDLER_STUCK' }, 'a handler did not end after its command was stopped')
    return stuckResult(parts)
  }
  if ('returned' in end) return resultOf(end, parts)
  // A handler that was stopped may well throw; why it was stopped is for the dispatcher to say
  if (signal.aborted) return { exitCode: -1, ...parts.captured }
  const result = resultOfThrow(end.thrown, parts)
  if (result.failure?.code === 'HANDLER_FAILED') parts.logger.error({ ...fields, err: end.thrown }, 'a handler failed')
  else parts.logger.info({ ...fields, err: end.thrown }, 'a handler ended its command with an error')
  return result
}

/** Never rejects. Handlers throw before their first await, return no promise, or return one of another library. */
async function callHandler(handler: () => unknown): Promise<HandlerEnd> {
  try {
    return { returned: await handler() }
  } catch (thrown) {
    return { thrown }
  }
}

/**
 * How the handler ended; `stuck` where it is still at it some time after its command was stopped and its programs are gone.
 *
 * By hand rather than with abortable timers: each command comes here, and nearly none is stopped.
 */
async function endOrStuck(
  handled: Promise<HandlerEnd>,
  signal: AbortSignal,
  runner: CommandRunner,
  seconds: number,
): Promise<HandlerEnd> {
  const stuck = Promise.withResolvers<HandlerEnd>()
  let timer: NodeJS.Timeout | undefined
  let over = false
  const onStop = (): void => {
    runner.end().then(() => {
      if (!over) timer = setTimeout(stuck.resolve, seconds * 1000, 'stuck')
    }, stuck.reject)
  }
  if (signal.aborted) onStop()
  else signal.addEventListener('abort', onStop, { once: true })
  try {
    return await Promise.race([handled, stuck.promise])
  } finally {
    over = true
    clearTimeout(timer)
    signal.removeEventListener('abort', onStop)
  }
}
