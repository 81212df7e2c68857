import type { ManifestCommand } from '@gururmm/plugin-sdk'
import { commonFormats } from '../../plugins/formats.ts'
import type { Validate } from '../../schema/index.ts'
import { compileSchema } from '../../schema/index.ts'
import type { Bench, BenchResult } from './bench.ts'
import { type OddInput, oddInputs } from './inputs.ts'
import { problemWith } from './judge.ts'
import { PROGRAM_FAULTS, type ProgramFault } from './programs.ts'
import type { Report } from './report.ts'

/** Of the odd inputs that a type accepts; each may start a program. */
const MOST_ACCEPTED = 60
const AT_ONCE = 8

/** One command type under test. */
export interface CommandUnderTest {
  readonly type: string
  readonly command: ManifestCommand
  /** Of gururmm.dev.json. */
  readonly examples: readonly object[]
  /** One that its schema should accept. */
  readonly good: object
}

/** Everything that one command type must stand. */
export async function checkCommand(
  bench: Bench,
  { type, command, examples, good }: CommandUnderTest,
  report: Report,
): Promise<void> {
  const { input: schema, result } = command.schemas
  const validate = compileSchema(schema, { defaults: true, formats: commonFormats })
  describeCheck(type, command, report)
  for (const [index, input] of examples.entries()) {
    const problem = wrongWithExample(await bench.run(type, input))
    report.sum(
      type,
      `example input ${index + 1}`,
      problem === undefined ? [] : [problem],
      result === undefined ? 'ended well' : 'ended well, and its data fits',
    )
  }
  if ('problem' in validate(good)) {
    const { path, message } = (validate(good) as { problem: { path: string; message: string } }).problem
    report.add(
      type,
      'inputs',
      'failed',
      `No valid input could be made from the schema (\`input${path}\` ${message}); give one in \`inputs.${type}\` of gururmm.dev.json.`,
    )
    return
  }
  await checkInputs(bench, type, oddInputs(schema, good), validate, report)
  await checkStops(bench, type, good, report)
  await checkPrograms(bench, type, good, report)
  await checkMany(bench, type, good, report)
}

function describeCheck(type: string, { schemas }: ManifestCommand, report: Report): void {
  const { properties = {}, additionalProperties } = schemas.input as {
    properties?: Record<string, { description?: string }>
    additionalProperties?: unknown
  }
  const mute = Object.entries(properties).filter(([, { description }]) => !description)
  if (mute.length > 0)
    report.add(
      type,
      'description',
      'advice',
      `No description of ${mute.map(([key]) => key).join(', ')}; \`run ${type} --help\` shows it.`,
    )
  if (additionalProperties !== false)
    report.add(
      type,
      'unknown keys',
      'advice',
      'The input schema lets unknown keys through, so misspelt ones go unnoticed; set `additionalProperties: false`.',
    )
}

function wrongWithExample(result: BenchResult): string | undefined {
  const { failure, stderr } = result
  return problemWith(result) ?? (failure === undefined ? undefined : `${failure.code}: ${failure.message || stderr}`)
}

/** What the schema refuses never reaches the handler; what it lets through the handler must bear. No program is really run. */
async function checkInputs(
  bench: Bench,
  type: string,
  odd: readonly OddInput[],
  validate: Validate,
  report: Report,
): Promise<void> {
  const [refused, accepted]: [OddInput[], OddInput[]] = [[], []]
  for (const one of odd) (isValid(validate, one.input) ? accepted : refused).push(one)
  const passed: string[] = []
  for (const { what, input } of refused) {
    const { failure } = await bench.run(type, input, { fault: 'prints nothing' })
    if (failure?.code !== 'COMMAND_INPUT_INVALID') passed.push(`${what}: not refused`)
  }
  report.sum(type, 'bad input', passed, `${many(refused.length, 'input')} refused by the schema`)
  const problems: string[] = []
  for (const { what, input } of accepted.slice(0, MOST_ACCEPTED)) {
    const problem = problemWith(await bench.run(type, input, { fault: 'prints nothing' }))
    if (problem !== undefined) problems.push(`${what}: ${problem}`)
  }
  report.sum(
    type,
    'odd input',
    problems,
    `${many(Math.min(accepted.length, MOST_ACCEPTED), 'odd input')} that the schema lets through, and the handler bears`,
  )
}

function isValid(validate: Validate, input: unknown): boolean {
  // As it would arrive
  return 'value' in validate(JSON.parse(JSON.stringify(input)))
}

async function checkStops(bench: Bench, type: string, input: object, report: Report): Promise<void> {
  const stopped = ['COMMAND_CANCELLED', 'COMMAND_TIMED_OUT']
  for (const after of [0, 300]) {
    const cancel = new AbortController()
    const timer = setTimeout(() => cancel.abort(), after)
    const result = await bench.run(type, input, { signal: cancel.signal, fault: 'hangs' })
    clearTimeout(timer)
    const problem = problemWith(result, ['COMMAND_CANCELLED'])
    report.sum(
      type,
      after === 0 ? 'cancel at once' : 'cancel while it runs',
      problem === undefined ? [] : [problem],
      howEnded(result),
    )
  }
  const result = await bench.run(type, input, { timeoutSeconds: 0.3, fault: 'hangs' })
  const problem = problemWith(result, stopped)
  report.sum(type, 'timeout', problem === undefined ? [] : [problem], howEnded(result))
}

function howEnded({ failure }: BenchResult): string {
  return failure === undefined ? 'it had ended before' : `ended with ${failure.code}`
}

async function checkPrograms(bench: Bench, type: string, input: object, report: Report): Promise<void> {
  const faults = [...Object.keys(PROGRAM_FAULTS), 'is missing', 'is not allowed'].filter((fault) => fault !== 'hangs')
  for (const fault of faults as ProgramFault[]) {
    const result = await bench.run(type, input, { fault })
    const problem = problemWith(result)
    if (result.programs === 0) {
      report.sum(type, 'programs', problem === undefined ? [] : [problem], 'it starts none with this input')
      return
    }
    report.sum(type, `a program ${fault}`, problem === undefined ? [] : [problem], howItTook(result))
  }
}

function howItTook({ failure, exitCode }: BenchResult): string {
  return failure === undefined ? `ended with exit code ${exitCode}` : `told as ${failure.code}`
}

async function checkMany(bench: Bench, type: string, input: object, report: Report): Promise<void> {
  const runs = Array.from({ length: AT_ONCE }, () => bench.run(type, input, { fault: 'prints nothing' }))
  const problems = (await Promise.all(runs))
    .map((result) => problemWith(result))
    .filter((problem) => problem !== undefined)
  report.sum(type, 'many at once', problems, `${AT_ONCE} at once, each with a result of its own`)
}

function many(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
