import { stat } from 'node:fs/promises'
import { type Check, isCommandError, type PluginContext } from '@gururmm/plugin-sdk'
import { askDirectly } from './cli/ask.ts'
import { locateCli } from './cli/locate.ts'
import { type Ask, findCli } from './cli/probe.ts'
import type { Config } from './config-schema.ts'
import { probeEnvironment } from './environment.ts'
import { type BaseDirectory, baseDirectories } from './policy/directories.ts'
import { grantedProfiles } from './policy/profile.ts'
import { trySandbox } from './sandbox/trial.ts'
import { makeScratch } from './scratch.ts'

/** What `doctor` shows of the plugin: everything that would refuse each task. Starts no task and asks no network. */
export async function checkAll(ctx: PluginContext<Config>): Promise<readonly Check[]> {
  const checks = [
    await check('cli', () => checkCli(ctx)),
    await check('api key', () => checkKey(ctx)),
    ...(await checkBases(ctx)),
  ]
  return [...checks, await check('sandbox', () => checkSandbox(ctx))]
}

async function check(name: string, find: () => Promise<string>): Promise<Check> {
  try {
    return { name, ok: true, message: await find() }
  } catch (error) {
    return { name, ok: false, message: error instanceof Error ? error.message : String(error) }
  }
}

async function checkCli({ config, dataDir }: PluginContext<Config>): Promise<string> {
  const scratch = await makeScratch(dataDir)
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

const IN_BUBBLEWRAP = 'Tasks run in bubblewrap: they have their directory, and no network.'

async function withHosts(ask: Ask): Promise<string> {
  await ask('socat', ['-V']).catch((cause) => {
    const cure = 'install the package socat, which the CLI’s own sandbox needs.'
    throw new Error(`Tasks under a profile with networkHosts are refused: ${cure}`, { cause })
  })
  return `${IN_BUBBLEWRAP} Under a profile with networkHosts only commands are in a sandbox, the CLI’s own.`
}

/** Tried as the agent's own account; another one of `agent.runAs` may have less, which a task then says. */
async function checkSandbox({ config, dataDir }: PluginContext<Config>): Promise<string> {
  const wanted = grantedProfiles(config.security).map((name) => config.security.profiles[name])
  if (wanted.every(({ sandbox }) => sandbox === 'off')) return 'No profile wants one.'
  if (process.platform === 'darwin') return 'Commands run in the sandbox of macOS; the rest of the CLI in none.'
  const program = await locateCli(config.cliPath)
  if (!program) throw new Error('It cannot be tried without the CLI.')
  const scratch = await makeScratch(dataDir)
  try {
    const ask = askDirectly(probeEnvironment(scratch))
    const found = await trySandbox(program.path, ask)
    const reachesHosts = wanted.some((profile) => 'networkHosts' in profile && profile.networkHosts.length > 0)
    if (typeof found !== 'string') return reachesHosts ? await withHosts(ask) : IN_BUBBLEWRAP
    if (wanted.some(({ sandbox }) => sandbox === 'required')) throw new Error(`Some tasks are refused: ${found}`)
    return `Tasks run without one: ${found}`
  } finally {
    await scratch.remove()
  }
}
