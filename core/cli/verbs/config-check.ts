import { findInstallation } from '../../agent/installation.ts'
import { type ConfigProblem, describeProblem, isConfigError } from '../../config/index.ts'
import { checkSettings, describePlugin } from '../../plugins/load.ts'
import { EXIT } from '../exit-codes.ts'
import { type Loaded, load, sourceOf } from '../load.ts'
import { note, print, printJson, style, styleError } from '../output.ts'
import type { Call } from '../verb.ts'

/** `config check`: the config, and each enabled plugin's settings against the plugin's own schema. No plugin's code runs. */
export async function act(call: Call): Promise<number> {
  const { file } = await sourceOf(call)
  const { problems, from } = await check(call)
  if (call.opts<{ json?: boolean }>().json) {
    const { site = null, digest = null } = from?.loaded ?? {}
    printJson({ ok: problems.length === 0, file, site, digest, problems })
  } else if (problems.length === 0) {
    print(`${style('green', 'ok')} ${from?.loaded.file} (site ${from?.loaded.site}, ${from?.loaded.digest})`)
  } else {
    for (const problem of problems) note(describeProblem(problem))
    note(styleError('red', problems.length === 1 ? '1 problem' : `${problems.length} problems`))
  }
  return problems.length === 0 ? EXIT.ok : EXIT.config
}

async function check(call: Call): Promise<{ problems: readonly ConfigProblem[]; from?: Loaded }> {
  try {
    const from = await load(call)
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
