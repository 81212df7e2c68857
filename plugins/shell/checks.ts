import { access, constants } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import type { Check, PluginContext } from '@gururmm/plugin-sdk'
import type { ShellConfig } from './config-schema.ts'
import { defaultPowershell, defaultShell } from './interpreters.ts'

/** What `gururmm-agent doctor` shows of this plugin. */
export async function checkAll({ config }: PluginContext<ShellConfig>): Promise<Check[]> {
  return [await checkShell(config), await checkPowershell(config), checkAllow(config), checkElevation(config)]
}

async function checkShell(config: ShellConfig): Promise<Check> {
  const program = config.interpreter ?? defaultShell(process.platform, process.env)
  const ok = await isStartable(program)
  const message = ok ? `Commands run in ${program}.` : `${program} was not found; install it, or set \`interpreter\`.`
  return { name: 'shell', ok, message }
}

/** Missing is a fault only where it is configured, or comes with the system. */
async function checkPowershell(config: ShellConfig): Promise<Check> {
  const program = config.powershell ?? defaultPowershell(process.platform, process.env)
  const found = await isStartable(program)
  const isExpected = config.powershell !== null || process.platform === 'win32'
  const missing = `${program} was not found; \`powershell\` commands fail until it is installed or \`powershell\` is set.`
  return { name: 'powershell', ok: found || !isExpected, message: found ? `PowerShell is ${program}.` : missing }
}

function checkAllow({ allow }: ShellConfig): Check {
  const message =
    allow === null
      ? 'Every command line and script is allowed; `allow` would narrow that.'
      : `Only what matches one of ${allow.length} patterns is allowed.`
  return { name: 'allow', ok: true, message }
}

function checkElevation({ elevated }: ShellConfig): Check {
  if (!elevated) return { name: 'elevation', ok: true, message: 'Commands cannot ask for the agent’s own rights.' }
  const ok = process.geteuid === undefined || process.geteuid() === 0
  const message = ok
    ? 'Commands may ask to keep the agent’s own rights.'
    : '`elevated` is allowed, but this agent is not root, so such commands are refused; run it as root, or set `elevated` to false.'
  return { name: 'elevation', ok, message }
}

async function isStartable(program: string): Promise<boolean> {
  const candidates = isAbsolute(program)
    ? [program]
    : (process.env.PATH ?? '')
        .split(delimiter)
        .flatMap((folder) => [join(folder, program), join(folder, `${program}.exe`)])
  const found = await Promise.all(
    candidates.map((path) =>
      access(path, constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  )
  return found.includes(true)
}
