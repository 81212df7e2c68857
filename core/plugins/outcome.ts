import { isCommandError, type ObjectSchema, type Outcome } from '@gururmm/plugin-sdk'
import type { Failure, RunResult } from '../dispatch/contract.ts'
import type { Redactor } from '../redaction/index.ts'
import type { CommandOutput } from '../runner/contract.ts'
import { HeadTail } from '../runner/output/head-tail.ts'
import { compileSchema, type Validate } from '../schema/index.ts'
import { cleanJson } from './clean.ts'
import { commonFormats } from './formats.ts'
import { describeThrown } from './plugin-error.ts'

/** How a handler ended. `stuck`: it did not, after its command was stopped. */
export type HandlerEnd = { readonly returned: unknown } | { readonly thrown: unknown } | 'stuck'

/** What an end is turned into a result with. */
export interface ResultParts {
  readonly plugin: string
  readonly type: string
  readonly captured: CommandOutput
  readonly redactor: Redactor
  readonly maxOutputBytes: number
  /** The type's own check of `data`; undefined: it has none. */
  readonly checkData: Validate | undefined
}

/** What a handler may return. */
export const outcomeSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    exitCode: { type: 'integer' },
    stdout: { type: 'string' },
    stderr: { type: 'string' },
    data: {},
    usage: { type: 'object', additionalProperties: { type: 'number' } },
  },
} as const

const checkOutcome = compileSchema<Outcome>(outcomeSchema)

/** The check of a type's `data`; compiled when it is first needed. */
export function dataCheck(schema: ObjectSchema | undefined): Validate | undefined {
  return schema && compileSchema(schema, { formats: commonFormats })
}

/** The result of a handler that ended by itself. Never throws. */
export function resultOf(end: { readonly returned: unknown }, parts: ResultParts): RunResult {
  const { captured } = parts
  if (end.returned === undefined) return { exitCode: 0, ...captured }
  try {
    const checked = checkOutcome(end.returned)
    if ('problem' in checked) {
      return invalid(
        parts,
        `returned an outcome whose ${withName('value', checked.problem.path)} ${checked.problem.message}`,
      )
    }
    return outcomeResult(checked.value, parts)
  } catch (error) {
    return invalid(parts, `returned an outcome that is no JSON (${describeThrown(error)})`)
  }
}

function outcomeResult(outcome: Outcome, parts: ResultParts): RunResult {
  const data = outcome.data === undefined ? undefined : cleanJson(outcome.data, parts.redactor)
  const json = data === undefined ? '' : JSON.stringify(data)
  if (Buffer.byteLength(json) > parts.maxOutputBytes) {
    return invalid(parts, `returned data of over ${parts.maxOutputBytes} bytes; it must be less, or go to stdout`)
  }
  const checked = data === undefined ? undefined : parts.checkData?.(data)
  if (checked !== undefined && 'problem' in checked) {
    return invalid(
      parts,
      `returned data that its schema refuses: ${withName('data', checked.problem.path)} ${checked.problem.message}`,
    )
  }
  return {
    // Signed 32 bits on the wire; Windows programs end with larger unsigned ones
    exitCode: (outcome.exitCode ?? 0) | 0,
    ...streamsOf(outcome, json, parts),
    ...(data === undefined ? {} : { data }),
    ...(outcome.usage === undefined ? {} : { usage: { ...outcome.usage } }),
  }
}

/** The handler's own text where it gives one; else what its programs wrote; else, where there is none of that either, its data. */
function streamsOf(outcome: Outcome, json: string, { captured, redactor, maxOutputBytes }: ResultParts): CommandOutput {
  const own = (text: string | undefined) => {
    if (text === undefined) return undefined
    const kept = new HeadTail(maxOutputBytes)
    kept.push(redactor.redact(text.toWellFormed()))
    return kept
  }
  const nothingRan = captured.stdout === '' && captured.truncation?.stdout === undefined
  const stdout = own(outcome.stdout ?? (nothingRan ? json : undefined))
  const stderr = own(outcome.stderr)
  const cut = {
    stdout: stdout === undefined ? captured.truncation?.stdout : stdout.truncation(),
    stderr: stderr === undefined ? captured.truncation?.stderr : stderr.truncation(),
  }
  const truncation = { ...(cut.stdout && { stdout: cut.stdout }), ...(cut.stderr && { stderr: cut.stderr }) }
  return {
    stdout: stdout?.text() ?? captured.stdout,
    stderr: stderr?.text() ?? captured.stderr,
    ...(cut.stdout || cut.stderr ? { truncation } : {}),
  }
}

/**
 * The result of a handler that threw. A throw other than a CommandError tells the server nothing but that: it may hold anything.
 * Never throws.
 */
export function resultOfThrow(thrown: unknown, parts: ResultParts): RunResult {
  try {
    const failure = isCommandError(thrown) ? failureOf(thrown, parts.redactor) : undefined
    if (failure !== undefined) return failedWithOutcome(thrown as ThrownError, failure, parts)
  } catch {
    // Its fields throw as they are read
  }
  const message = `The plugin ${parts.plugin} failed while it ran \`${parts.type}\`; the agent's log has the details.`
  return failed(parts, { code: 'HANDLER_FAILED', message }, 1)
}

interface ThrownError {
  readonly refused?: unknown
  readonly outcome?: unknown
}

/** What the handler shows of a failed command stays beside the error; where that is no outcome, it must not hide the error. */
function failedWithOutcome({ refused, outcome }: ThrownError, failure: Failure, parts: ResultParts): RunResult {
  const exitCode = refused === true ? -1 : 1
  const shown = outcome === undefined ? undefined : resultOf({ returned: outcome }, parts)
  // What shows nothing for it did nothing; that its process died is another matter.
  const isIdle = outcome === undefined && parts.captured.stdout === '' && parts.captured.stderr === ''
  const isRefusal = refused === true && isIdle && !failure.code.startsWith('PLUGIN_')
  if (isRefusal) return { ...failed(parts, failure, exitCode), refused: true }
  if (shown === undefined || shown.failure !== undefined) return failed(parts, failure, exitCode)
  return { ...shown, ...failed({ ...parts, captured: outputOf(shown) }, failure, exitCode) }
}

function outputOf({ stdout, stderr, truncation }: RunResult): CommandOutput {
  return { stdout, stderr, ...(truncation && { truncation }) }
}

/** The result of a handler that did not end after it was stopped. */
export function stuckResult(parts: ResultParts): RunResult {
  const message = `The plugin ${parts.plugin} did not end \`${parts.type}\` when it was stopped; its programs are ended, its code may still run.`
  return failed(parts, { code: 'HANDLER_STUCK', message }, -1)
}

function failureOf(thrown: object, redactor: Redactor): Failure | undefined {
  const { code, message, retryAfterSeconds, rule } = thrown as Record<string, unknown>
  if (typeof code !== 'string' || typeof message !== 'string' || !/^[A-Z][A-Z0-9_]{1,63}$/.test(code)) return undefined
  const again = typeof retryAfterSeconds === 'number' && Number.isFinite(retryAfterSeconds) && retryAfterSeconds >= 0
  return {
    code,
    message: redactor.redact(message.toWellFormed()).slice(0, 4096) || code,
    ...(again ? { retryAfterSeconds } : {}),
    ...(typeof rule === 'string' ? { rule: rule.toWellFormed().slice(0, 256) } : {}),
  }
}

function invalid(parts: ResultParts, problem: string): RunResult {
  const message = parts.redactor.redact(`The plugin ${parts.plugin} ${problem} (\`${parts.type}\`); tell its author.`)
  return failed(parts, { code: 'RESULT_INVALID', message }, 1)
}

/** What ran keeps its output; the sentence comes on a line of its own. */
function failed({ captured }: ResultParts, failure: Failure, exitCode: -1 | 1): RunResult {
  const { stderr } = captured
  const before = stderr === '' || stderr.endsWith('\n') ? stderr : `${stderr}\n`
  return { exitCode, ...captured, stderr: before + failure.message, failure }
}

function withName(name: string, path: string): string {
  return `\`${name}${path}\``
}
