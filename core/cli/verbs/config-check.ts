import { existsSync } from 'node:fs'
import type { AgentConfig } from '../../config/index.ts'
import { checkConfig, tellProblems } from '../checked-config.ts'
import { EXIT } from '../exit-codes.ts'
import { sourceOf } from '../load.ts'
import { note, print, printJson, safe, style } from '../output.ts'
import type { Call } from '../verb.ts'

/** `config check`: the config, and each enabled plugin's settings against the plugin's own schema. No plugin's code runs. */
export async function act(call: Call): Promise<number> {
  const { file } = await sourceOf(call)
  const { problems, from } = await checkConfig(call)
  const notes = from === undefined ? [] : tokenNotes(from.loaded.config.server)
  if (call.opts<{ json?: boolean }>().json) {
    const { site = null, digest = null } = from?.loaded ?? {}
    printJson({ ok: problems.length === 0, file, site, digest, problems, notes })
  } else if (problems.length === 0) {
    print(`${style('green', 'ok')} ${from?.loaded.file} (site ${from?.loaded.site}, ${from?.loaded.digest})`)
  } else {
    tellProblems(problems)
  }
  for (const text of notes) note(`note: ${safe(text)}`)
  return problems.length === 0 ? EXIT.ok : EXIT.config
}

/** No problem of the config: it may be checked elsewhere, or before the token is there. */
function tokenNotes({ tokenFile }: AgentConfig['server']): readonly string[] {
  if (process.env.GURURMM_TOKEN || (tokenFile !== null && existsSync(tokenFile))) return []
  const found =
    tokenFile === null
      ? 'server.tokenFile is not set'
      : `the file ${tokenFile} is not there, or not for this user to see`
  return [`an agent on this config would not start here: ${found}, and GURURMM_TOKEN is not set either`]
}
