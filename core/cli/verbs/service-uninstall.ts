import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { CommandError } from '@gururmm/plugin-sdk'
import { guessDataDir } from '../../config/index.ts'
import { EXIT } from '../exit-codes.ts'
import { sourceOf } from '../load.ts'
import { carryOut, type PlanFlags, serviceManager } from '../service/carry-out.ts'
import type { Call } from '../verb.ts'

/** `service uninstall`: needs no config unless the data are to go too. The config itself is the operator's, and stays. */
export async function act(call: Call): Promise<number> {
  const { purge = false, ...flags } = call.opts<PlanFlags & { purge?: boolean }>()
  const manager = serviceManager(flags)
  const dataDir = purge ? await dataDirOf(call) : null
  const hint =
    dataDir === null
      ? 'The service is removed; config and data are where they were.'
      : 'The service and its data are removed.'
  await carryOut(manager, manager.uninstall({ dataDir }), flags, hint)
  return EXIT.ok
}

/** Something else may be behind a mistyped `dataDir`, and it would be gone. */
async function dataDirOf(call: Call): Promise<string | null> {
  const dataDir = await guessDataDir(await sourceOf(call))
  if (!existsSync(dataDir)) return null
  if (['journal', 'agent-id'].some((name) => existsSync(join(dataDir, name)))) return dataDir
  const message = `Expected an agent’s data folder at ${dataDir} to remove, found one without a journal; remove it by hand if you mean it.`
  throw new CommandError('DATA_DIR_UNUSABLE', message, { refused: true })
}
