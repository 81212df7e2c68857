import { findInstallation } from '../agent/installation.ts'
import { type ConfigProblem, describeProblem, isConfigError, type LoadOptions } from '../config/index.ts'
import { checkSettings, describePlugin } from '../plugins/load.ts'
import { type Loaded, load } from './load.ts'
import { note, styleError } from './output.ts'
import type { Call } from './verb.ts'

/** The config as far as it could be read, and all that is wrong with it. */
export interface CheckedConfig {
  readonly problems: readonly ConfigProblem[]
  /** There unless the config itself is broken; a plugin's settings may still be. */
  readonly from?: Loaded
}

/**
 * Reads the config, and holds each enabled plugin's settings against the plugin's own schema. No plugin's code runs.
 *
 * @param env Default: the process's own.
 */
export async function checkConfig(call: Call, env: LoadOptions['env'] = process.env): Promise<CheckedConfig> {
  try {
    const from = await load(call, env)
    return { from, problems: pluginProblems(from) }
  } catch (error) {
    if (isConfigError(error)) return { problems: error.problems }
    throw error
  }
}

function pluginProblems({ loaded }: Loaded): readonly ConfigProblem[] {
  const { config, directory, file } = loaded
  const { shippedFolders } = findInstallation()
  const enabled = Object.entries(config.plugins).filter(([, settings]) => settings.enabled)
  return enabled.flatMap(([name, settings]) => {
    try {
      const candidate = { name, settings, given: undefined }
      checkSettings(candidate, describePlugin(candidate, { shippedFolders, configDir: directory }), directory)
      return []
    } catch (error) {
      const { code = 'PLUGIN_LOAD_FAILED', message } = error as Error & { code?: string }
      return [
        {
          source: file,
          path: `plugins.${name}`,
          expected: 'a plugin that can be loaded',
          found: code,
          message: message.replace(/\.$/, ''),
        },
      ]
    }
  })
}

/** Says each problem in a line of its own. */
export function tellProblems(problems: readonly ConfigProblem[]): void {
  for (const problem of problems) note(describeProblem(problem))
  note(styleError('red', problems.length === 1 ? '1 problem' : `${problems.length} problems`))
}
