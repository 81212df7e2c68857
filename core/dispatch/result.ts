import type { Capability, CommandResultPayload } from '../protocol/messages.ts'
import type { Failure, RunResult, Truncation } from './contract.ts'

/** The spec's exit code of a command that ran out of time. */
const TIMED_OUT = 124

/** The result of a command of which nothing ran. */
export function refusal(id: string, failure: Failure, plugin?: string): CommandResultPayload {
  return resultFrom(id, { exitCode: -1, stdout: '', stderr: failure.message, failure }, 0, plugin)
}

/** The one result of a command, all details included; {@link forServer} leaves out what the server did not ask for. */
export function resultFrom(id: string, run: RunResult, durationMs: number, plugin?: string): CommandResultPayload {
  return {
    command_id: id,
    // Signed 32 bits on the wire; Windows reports larger unsigned ones.
    exit_code: run.exitCode | 0,
    stdout: run.stdout,
    stderr: run.stderr,
    duration_ms: Math.max(0, Math.round(durationMs)),
    error: run.failure === undefined ? null : errorFrom(run.failure),
    ...(run.truncation === undefined ? {} : { truncation: truncationFrom(run.truncation) }),
    ...(plugin === undefined ? {} : { plugin }),
    ...(run.data === undefined ? {} : { data: run.data }),
    ...(run.usage === undefined ? {} : { usage: { ...run.usage } }),
  }
}

/** What a run becomes that was stopped: its output so far, why, and what went wrong as it was stopped. */
export function stoppedRun(run: RunResult, why: Failure): RunResult {
  const exitCode = why.code === 'COMMAND_TIMED_OUT' ? TIMED_OUT : -1
  const stderr = withSentence(run.stderr, why.message)
  if (run.failure === undefined) return { ...run, exitCode, failure: why, stderr }
  const { code: cause, message } = run.failure
  return { ...run, exitCode, failure: { ...why, message: `${why.message} ${message}`, cause }, stderr }
}

/** The spec's five fields, and the rest only for a server that negotiated `result_details`. */
export function forServer(result: CommandResultPayload, capabilities: ReadonlySet<Capability>): CommandResultPayload {
  if (capabilities.has('result_details')) return result
  const { command_id, exit_code, stdout, stderr, duration_ms } = result
  return { command_id, exit_code, stdout, stderr, duration_ms }
}

/** The program's own words first, then ours on a line of their own. */
function withSentence(stderr: string, sentence: string): string {
  if (stderr === '') return sentence
  return stderr.endsWith('\n') ? stderr + sentence : `${stderr}\n${sentence}`
}

function errorFrom(failure: Failure): NonNullable<CommandResultPayload['error']> {
  const { code, message, retryAfterSeconds, rule, cause } = failure
  return {
    code,
    message,
    ...(retryAfterSeconds === undefined ? {} : { retry_after_seconds: retryAfterSeconds }),
    ...(rule === undefined ? {} : { rule }),
    ...(cause === undefined ? {} : { cause }),
  }
}

function truncationFrom(
  truncation: NonNullable<RunResult['truncation']>,
): NonNullable<CommandResultPayload['truncation']> {
  const wire = ({ totalBytes: total_bytes, droppedBytes: dropped_bytes, sha256 }: Truncation) => ({
    total_bytes,
    dropped_bytes,
    sha256,
  })
  return Object.fromEntries(Object.entries(truncation).map(([stream, cut]) => [stream, wire(cut)]))
}
