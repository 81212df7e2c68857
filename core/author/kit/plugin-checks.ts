import type { Manifest, Permissions } from '@gururmm/plugin-sdk'
import { configFormats } from '../../plugins/formats.ts'
import { compileSchema } from '../../schema/index.ts'
import { checkTeardown } from '../declare.ts'
import { grantsFor, permissionLines } from '../grants.ts'
import { type Bench, type BenchOptions, openBench } from './bench.ts'
import { oddInputs, sampleOf } from './inputs.ts'
import { problemWith } from './judge.ts'
import type { Report } from './report.ts'

/** @returns whether the plugin can be used at all. */
export function checkLoads({ status }: Bench, report: Report): boolean {
  const { state, reason, code } = status
  const isUp = state === 'enabled' && reason === null
  if (isUp) report.add('plugin', 'load', 'ok', 'loads and is set up in a process of its own')
  else report.add('plugin', 'load', 'failed', `${code ?? state}: ${reason ?? 'no reason was given'}`)
  return isUp
}

/** A config by an operator who knows nothing of the code. */
export async function checkConfigs(bench: Bench, { configSchema }: Manifest, report: Report): Promise<void> {
  const validate = compileSchema(configSchema, { defaults: true, formats: configFormats(bench.folder).formats })
  const isGood = 'value' in validate({})
  const empty = await bench.reconfigure({ config: {} })
  const ended = empty.reason === null || (!isGood && /PLUGIN_CONFIG_INVALID/.test(empty.code ?? ''))
  const missing = 'problem' in validate({}) ? 'an empty config is refused, with the key that is missing' : ''
  report.sum(
    'plugin',
    'config defaults',
    ended ? [] : [`With an empty config: ${empty.reason}`],
    missing || 'works with an empty config',
  )
  await bench.reconfigure({})

  const good = { ...(sampleOf(configSchema) as object), ...bench.settings.config }
  const refused = oddInputs(configSchema, good).filter(
    ({ input }) => 'problem' in validate(JSON.parse(JSON.stringify(input))),
  )
  const tried = refused
    .filter(({ input }) => typeof input === 'object' && input !== null && !Array.isArray(input))
    .slice(0, 3)
  const problems: string[] = []
  for (const { what, input } of tried) {
    const { code, state } = await bench.reconfigure({ config: input as object })
    if (code !== 'PLUGIN_CONFIG_INVALID' || state !== 'enabled') problems.push(`${what}: ${code ?? 'not refused'}`)
  }
  const after = await bench.reconfigure({})
  if (after.reason !== null) problems.push(`afterwards it does not work any more: ${after.reason}`)
  report.sum('plugin', 'bad config', problems, `${tried.length} bad configs refused, and the one before served on`)
  if ((configSchema as { additionalProperties?: unknown }).additionalProperties !== false) {
    report.add(
      'plugin',
      'unknown config keys',
      'advice',
      'The config schema lets unknown keys through, so misspelt ones go unnoticed; set `additionalProperties: false`.',
    )
  }
}

/** `teardown` without a `setup`, twice; a setup and teardown after each other. */
export async function checkHooks(bench: Bench, { folder, installation }: BenchOptions, report: Report): Promise<void> {
  const problem = await checkTeardown(folder, installation)
  report.sum(
    'plugin',
    'teardown without setup',
    problem === undefined ? [] : [problem.replaceAll(/\s+/g, ' ')],
    'is safe',
  )
  const problems: string[] = []
  for (let round = 1; round <= 2; round++) {
    await bench.disable()
    const { reason, state } = await bench.enable()
    if (state !== 'enabled' || reason !== null) problems.push(`round ${round}: ${reason}`)
  }
  report.sum('plugin', 'off and on again', problems, 'is set up again each time')
}

/** The plugin's process is lost while a command runs; the next one must find a plugin that works. */
export async function checkCrash(bench: Bench, type: string, input: object, report: Report): Promise<void> {
  const running = bench.run(type, input, { fault: 'hangs', timeoutSeconds: 5 })
  setTimeout(() => bench.crash(), 200)
  const first = await running
  const next = await bench.run(type, input, { fault: 'prints nothing' })
  const problems = [problemWith(first, ['PLUGIN_CRASHED', 'COMMAND_TIMED_OUT']), problemWith(next)]
  report.sum(
    'plugin',
    'process lost',
    problems.filter((one) => one !== undefined),
    'the command has its result, and the next one works',
  )
}

/** Commands that come while the plugin is not up yet. */
export async function checkSlowStart(
  options: BenchOptions,
  type: string,
  input: object,
  report: Report,
): Promise<void> {
  const bench = await openBench({ ...options, startAfterMs: 1500 })
  try {
    const results = await Promise.all([1, 2, 3].map(() => bench.run(type, input, { fault: 'prints nothing' })))
    const problems = results.map((result) => problemWith(result)).filter((one) => one !== undefined)
    report.sum('plugin', 'slow start', problems, 'commands that come before it is up wait and have their results')
  } finally {
    await bench.close()
  }
}

/** A grant that lacks something: not loaded where the manifest names it; run without where only the operator does. */
export async function checkPermissions(
  options: BenchOptions,
  inputs: Readonly<Record<string, object>>,
  report: Report,
): Promise<void> {
  const { permissions } = options.manifest
  if (permissionLines(permissions).length === 0) return report.add('plugin', 'permissions', 'ok', 'asks for none')
  const least = grantsFor(permissions)
  for (const [kind, value] of Object.entries(permissions)) {
    if (value === false || (Array.isArray(value) && value.length === 0)) continue
    const bench = await openBench({
      ...options,
      grants: { ...least, [kind]: kind === 'network' ? false : [] } satisfies Permissions,
    })
    try {
      if (value === 'operator') await checkRunsWithout(bench, kind, inputs, report)
      else {
        const { code } = bench.status
        report.sum(
          'plugin',
          `without \`${kind}\``,
          code === 'PLUGIN_PERMISSION_MISSING' ? [] : [`${code}: ${bench.status.reason}`],
          'is not loaded, and the status says what to grant',
        )
      }
    } finally {
      await bench.close()
    }
  }
}

async function checkRunsWithout(
  bench: Bench,
  kind: string,
  inputs: Readonly<Record<string, object>>,
  report: Report,
): Promise<void> {
  const problems: string[] = []
  for (const [type, input] of Object.entries(inputs)) {
    const problem = problemWith(await bench.run(type, input, { fault: 'is not allowed' }))
    if (problem !== undefined) problems.push(`${type}: ${problem}`)
  }
  report.sum('plugin', `with an empty \`${kind}\``, problems, 'commands end with a result that somebody thought of')
}
