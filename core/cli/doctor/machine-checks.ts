import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Check } from '@gururmm/plugin-sdk'
import type { LoadedConfig } from '../../config/index.ts'
import { createTokenSource, findUnprotected, prepareDataDir } from '../../config/index.ts'
import { koffiPackage } from '../../native/index.ts'
import { readSecurity } from '../../windows/index.ts'

/** The check, or its failure where it throws: `doctor` goes on after each. */
export async function checked(name: string, work: () => Promise<string>): Promise<Check> {
  try {
    return { name, ok: true, message: await work() }
  } catch (error) {
    return { name, ok: false, message: (error as Error).message }
  }
}

/** What runs the agent. */
export function checkRuntime(agentVersion: string): Check {
  const message = `agent ${agentVersion} on Node ${process.versions.node}, ${process.platform} ${process.arch}, user ${userOf()}`
  return { name: 'version', ok: true, message }
}

/** Whether only root can change the config. Where that is demanded, the config could not be loaded otherwise. */
export function checkProtection({ config, file }: LoadedConfig): Promise<Check> {
  return checked('protected', async () => {
    if (config.security.requireProtectedConfig) return 'only root can change it, as it demands'
    const problem = await findUnprotected(file)
    if (problem === undefined) return 'only root can change it; `security.requireProtectedConfig` would demand that'
    return `not demanded (\`security.requireProtectedConfig\`): ${problem}`
  })
}

/** Also where the token comes from; never the token. */
export function checkToken({ config }: LoadedConfig): Promise<Check> {
  const { tokenFile } = config.server
  return checked('readable', async () => {
    await createTokenSource({ file: tokenFile })()
    const source = process.env.GURURMM_TOKEN ? 'GURURMM_TOKEN' : tokenFile
    const isUnchecked =
      process.platform === 'win32' && source !== null && source === tokenFile && readSecurity(source) === null
    return `read from ${source}${isUnchecked ? `; who else may read it could not be checked: the package ${koffiPackage('win32')} is missing` : ''}`
  })
}

/** Writes, because a full or read-only disk shows only then. */
export function checkDataDir({ config }: LoadedConfig): Promise<Check> {
  const { dataDir } = config.agent
  return checked('writable', async () => {
    await prepareDataDir(dataDir)
    const probe = join(dataDir, `.doctor-${process.pid}`)
    try {
      await writeFile(probe, 'x'.repeat(4096), { flag: 'wx', mode: 0o600 })
    } finally {
      await rm(probe, { force: true })
    }
    return dataDir
  })
}

function userOf(): string {
  const id = process.geteuid?.()
  return id === undefined ? (process.env.USERNAME ?? 'unknown') : id === 0 ? 'root' : String(id)
}
