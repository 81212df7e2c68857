import type { Manifest } from '@gururmm/plugin-sdk'
import type { Installation } from '../../agent/installation.ts'
import { declaredManifest, isStale } from '../declare.ts'
import { readDevSettings } from '../dev-settings.ts'
import { openStage } from '../stage.ts'
import { type Bench, type BenchOptions, openBench } from './bench.ts'
import { checkCommand } from './command-checks.ts'
import { sampleOf } from './inputs.ts'
import { checkConfigs, checkCrash, checkHooks, checkLoads, checkPermissions, checkSlowStart } from './plugin-checks.ts'
import type { Report } from './report.ts'

/**
 * Runs a plugin through what every plugin must stand: isolated, as it would be packed, with programs that misbehave.
 *
 * @throws PluginError `PLUGIN_LOAD_FAILED`, `PLUGIN_PACKAGE_INVALID` where there is nothing to test.
 */
export async function runKit(folder: string, installation: Installation, report: Report): Promise<void> {
  const manifest = await declaredManifest(folder, installation)
  if (isStale(folder, manifest)) {
    report.add(
      'plugin',
      'manifest',
      'failed',
      'is not what the code says; `gururmm-agent plugin manifest` writes it anew',
    )
  } else report.add('plugin', 'manifest', 'ok', 'is what the code says')
  const dev = readDevSettings(folder)
  const stage = openStage(folder)
  try {
    await checkAll({ folder, staged: stage.put(manifest), manifest, dev, stage, installation }, report)
  } finally {
    stage.remove()
  }
}

async function checkAll(options: BenchOptions, report: Report): Promise<void> {
  const { manifest } = options
  const inputs = goodInputs(options)
  const [type = '', input = {}] = Object.entries(inputs)[0] ?? []
  const isUp = await onBench(options, async (bench) => {
    if (!checkLoads(bench, report)) return false
    await checkConfigs(bench, manifest, report)
    await checkHooks(bench, options, report)
    return true
  })
  if (!isUp) return
  await onBench(options, async (bench) => {
    for (const [each, command] of Object.entries(manifest.commands)) {
      const examples = options.dev.inputs[each] ?? []
      await checkCommand(bench, { type: each, command, examples, good: inputs[each] as object }, report)
    }
  })
  await onBench(options, (bench) => checkCrash(bench, type, input, report))
  await checkSlowStart(options, type, input, report)
  await checkPermissions(options, inputs, report)
}

/** Each group of checks has a plugin and a data folder of its own, so that no fault of one shows up in the next. */
async function onBench<T>(options: BenchOptions, use: (bench: Bench) => Promise<T>): Promise<T> {
  const bench = await openBench(options)
  try {
    return await use(bench)
  } finally {
    await bench.close()
  }
}

function goodInputs({ manifest, dev }: BenchOptions): Readonly<Record<string, object>> {
  return Object.fromEntries(
    Object.entries(manifest.commands).map(([type, { schemas }]: [string, Manifest['commands'][string]]) => [
      type,
      dev.inputs[type]?.[0] ?? dev.dryInputs[type]?.[0] ?? (sampleOf(schemas.input) as object),
    ]),
  )
}
