import { findAgent, localError } from '../../local/index.ts'
import { EXIT } from '../exit-codes.ts'
import { load } from '../load.ts'
import { note, print, printJson, safe, style } from '../output.ts'
import type { Call } from '../verb.ts'

/** `plugin reload NAME`: new code in a new process, in the running agent. Ends with 1 where the code before stays. */
export async function act(call: Call): Promise<number> {
  const [name = ''] = call.args
  const { dataDir } = (await load(call)).loaded.config.agent
  const agent = await findAgent(dataDir)
  if (agent === undefined) {
    throw localError(
      'AGENT_UNREACHABLE',
      `No agent runs with the data folder ${dataDir}; a start takes the code as it is.`,
    )
  }
  const { state, version, reason } = await agent.reloadPlugin(name)
  if (call.opts<{ json?: boolean }>().json) printJson({ name, state, version, reason })
  else if (reason === null) print(`${style('bold', name)} ${version ?? ''} is ${state}, with the code as it is now.`)
  else note(safe(reason))
  return reason === null ? EXIT.ok : EXIT.failed
}
