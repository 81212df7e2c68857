import { access, constants, stat } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { type Check, isCommandError, type PluginContext } from '@gururmm/plugin-sdk'
import { askDirectly } from './cli/ask.ts'
import { findCli } from './cli/probe.ts'
import type { Config } from './config-schema.ts'
import { probeEnvironment } from './environment.ts'
import { type BaseDirectory, baseDirectories } from './policy/directories.ts'
import { needsSandbox } from './policy/platform.ts'
import { grantedProfiles } from './policy/profile.ts'
import { makeScratch } from './scratch.ts'

/** What `doctor` shows of the plugin: everything that would refuse each task. Starts no task and asks no network. */
export async function checkAll(ctx: PluginContext<Config>): Promise<readonly Check[]> {
  const checks = [
    await check('cli', () => checkCli(ctx)),
    await check('api key', () => checkKey(ctx)),
    ...(await checkBases(ctx)),
  ]
  return hasBash(ctx.config) ? [...checks, await check('sandbox', checkSandbox)] : checks
}

/** Whether somebody may have a profile with Bash. */
function hasBash({ security }: Config): boolean {
  return grantedProfiles(security).some((name) => needsSandbox(security.profiles[name]))
}

async function check(name: string, find: () => Promise<string>): Promise<Check> {
  try {
    return { name, ok: true, message: await find() }
  } catch (error) {
    return { name, ok: false, message: error instanceof Error ? error.message : String(error) }
  }
}

async function checkCli({ config, dataDir }: PluginContext<Config>): Promise<string> {
  const scratch = await makeScratch(dataDir, {})
  try {
    const { path, version } = await findCli(config.cliPath, dataDir, askDirectly(probeEnvironment(scratch)))
    return `Claude Code ${version} at ${path}.`
  } finally {
    await scratch.remove()
  }
}

async function checkKey(ctx: PluginContext<Config>): Promise<string> {
  const key = await ctx.secret('apiKeyFile')
  if (key.trim() === '') throw new Error(`${ctx.config.apiKeyFile} is empty: put the API key into it.`)
  return `The key is in ${ctx.config.apiKeyFile}; whether the API accepts it, only a task shows.`
}

async function checkBases({ config }: PluginContext<Config>): Promise<readonly Check[]> {
  try {
    const bases = baseDirectories(config.security)
    return await Promise.all(bases.map((base) => check('base directory', () => checkDirectory(base))))
  } catch (error) {
    return [{ name: 'base directory', ok: false, message: isCommandError(error) ? error.message : String(error) }]
  }
}

async function checkDirectory({ path, access }: BaseDirectory): Promise<string> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isDirectory()) throw new Error(`${path} is not a directory: create it, or name another.`)
  return `${path} exists; tasks have it ${access}.`
}

async function checkSandbox(): Promise<string> {
  if (process.platform === 'win32') throw new Error('Windows has no sandbox for Bash: give nobody the profile operate.')
  if (process.platform === 'darwin') return 'Bash runs in the sandbox of macOS.'
  const missing: string[] = []
  for (const program of ['bwrap', 'socat']) if (!(await isOnPath(program))) missing.push(program)
  if (missing.length > 0) throw new Error(`Bash needs ${missing.join(' and ')}: install bubblewrap and socat.`)
  return 'bubblewrap and socat are installed.'
}

async function isOnPath(program: string): Promise<boolean> {
  for (const folder of (process.env.PATH ?? '').split(delimiter).filter(Boolean)) {
    const found = await access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return true
  }
  return false
}
