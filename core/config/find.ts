import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type ConfigProblem, configError } from './problems.ts'

const FILE_NAME = 'agent.config.json'

export interface FindOptions {
  /** From `--config`. */
  readonly flag?: string | undefined
  /** Default: the process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Default: the process's own. */
  readonly cwd?: string
}

/**
 * The config file: `--config`, else GURURMM_CONFIG, else agent.config.json in the current folder, else the machine's own.
 *
 * @throws ConfigError `CONFIG_UNREADABLE` where none was named and none is found, or the one in the current folder is another user's.
 */
export async function findConfigFile({ flag, env = process.env, cwd = process.cwd() }: FindOptions): Promise<string> {
  const named = flag ?? (env.GURURMM_CONFIG || undefined)
  if (named !== undefined) return resolve(cwd, named)
  const local = join(cwd, FILE_NAME)
  const candidates = [local, machineConfigFile(env)]
  for (const file of candidates) {
    const found = await stat(file).catch(() => undefined)
    if (found === undefined) continue
    if (file === local) refuseForeign(file, found.uid)
    return file
  }
  throw notFound(candidates)
}

/** Where an installed agent keeps its config. */
export function machineConfigFile(env: Readonly<Record<string, string | undefined>> = process.env): string {
  if (process.platform === 'win32') return join(env.ProgramData ?? 'C:\\ProgramData', 'GuruRMM', FILE_NAME)
  return join('/etc/gururmm', FILE_NAME)
}

/** A config decides which programs run: one that another user left in a shared folder must not be picked up by chance. */
function refuseForeign(file: string, owner: number): void {
  const me = process.geteuid?.()
  if (me === undefined || owner === me) return
  const expected = `a file of your own (user ${me}), as it was only found here`
  throw refusal(file, expected, `one of user ${owner}; name it with --config if you mean it`)
}

function notFound(candidates: readonly string[]) {
  const source = candidates[0] as string
  return refusal(
    source,
    `a config file here or at ${candidates[1]}`,
    'neither; name one with --config or GURURMM_CONFIG',
  )
}

function refusal(source: string, expected: string, found: string) {
  const problem: ConfigProblem = { source, path: '', expected, found, message: `expected ${expected}, found ${found}` }
  return configError('CONFIG_UNREADABLE', [problem])
}
