import { checkConfig, tellProblems } from '../checked-config.ts'
import { EXIT } from '../exit-codes.ts'
import { sourceOf } from '../load.ts'
import { print, printJson, style } from '../output.ts'
import type { Call } from '../verb.ts'

/** `config check`: the config, and each enabled plugin's settings against the plugin's own schema. No plugin's code runs. */
export async function act(call: Call): Promise<number> {
  const { file } = await sourceOf(call)
  const { problems, from } = await checkConfig(call)
  if (call.opts<{ json?: boolean }>().json) {
    const { site = null, digest = null } = from?.loaded ?? {}
    printJson({ ok: problems.length === 0, file, site, digest, problems })
  } else if (problems.length === 0) {
    print(`${style('green', 'ok')} ${from?.loaded.file} (site ${from?.loaded.site}, ${from?.loaded.digest})`)
  } else {
    tellProblems(problems)
  }
  return problems.length === 0 ? EXIT.ok : EXIT.config
}
