import { EXIT } from '../exit-codes.ts'
import { load } from '../load.ts'
import { withAgent } from '../local-agent.ts'
import { print, printJson, safe, stateText, table } from '../output.ts'
import type { Call } from '../verb.ts'

/** `plugin list`. */
export async function act(call: Call): Promise<number> {
  const plugins = await withAgent(await load(call), (agent) => agent.plugins())
  if (call.opts<{ json?: boolean }>().json) {
    printJson(plugins)
    return EXIT.ok
  }
  if (plugins.length === 0) print('The config names no plugins; add them under `plugins`.')
  else {
    const rows = plugins.map(({ name, version, state, commands, reason }) => [
      name,
      version ?? '',
      stateText(state),
      commands.map(({ type }) => type).join(', '),
      safe(reason ?? ''),
    ])
    print(await table(['PLUGIN', 'VERSION', 'STATE', 'COMMANDS', 'REASON'], rows))
  }
  return EXIT.ok
}
