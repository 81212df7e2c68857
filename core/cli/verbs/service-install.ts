import { existsSync } from 'node:fs'
import type { ConfigProblem, LoadedConfig } from '../../config/index.ts'
import { checkConfig, tellProblems } from '../checked-config.ts'
import { EXIT } from '../exit-codes.ts'
import { printJson } from '../output.ts'
import { carryOut, type PlanFlags, serviceManager } from '../service/carry-out.ts'
import { type InstallFlags, requestFor } from '../service/request.ts'
import type { Call } from '../verb.ts'

/** `service install`: nothing is written before the config holds, as the service will see it: without this call's environment. */
export async function act(call: Call): Promise<number> {
  const flags = call.opts<InstallFlags & PlanFlags>()
  const checked = await checkConfig(call, {})
  const { from } = checked
  const problems = [...checked.problems, ...(from === undefined ? [] : tokenProblems(from.loaded, flags))]
  if (from === undefined || problems.length > 0) {
    if (flags.json) printJson({ problems })
    else tellProblems(problems)
    return EXIT.config
  }
  const manager = serviceManager(flags)
  const request = requestFor(from, flags, manager)
  const done = flags.start ? 'The service is installed and started' : 'The service is installed'
  await carryOut(manager, manager.install(request), flags, `${done}. Its log: ${manager.logHint}`)
  return EXIT.ok
}

/** Without a token the agent would end as soon as it is started, and no service manager would start it again. */
function tokenProblems({ config, file }: LoadedConfig, { start }: InstallFlags): readonly ConfigProblem[] {
  const { tokenFile } = config.server
  if (tokenFile !== null && (!start || existsSync(tokenFile))) return []
  const expected = tokenFile === null ? 'a file, as a service has no GURURMM_TOKEN' : 'a file that is there'
  const found = tokenFile === null ? 'none' : `no file at ${tokenFile}`
  const message = `server.tokenFile must be ${expected}, found ${found}; put the agent’s token into one`
  return [{ source: file, path: 'server.tokenFile', expected, found, message }]
}
