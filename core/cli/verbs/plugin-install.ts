import { createInterface } from 'node:readline/promises'
import { findInstallation } from '../../agent/installation.ts'
import { type InstallPlan, install, planInstall } from '../../author/install.ts'
import { readPackage } from '../../author/read-package.ts'
import { localError } from '../../local/contract.ts'
import { pluginError } from '../../plugins/plugin-error.ts'
import { EXIT } from '../exit-codes.ts'
import { load } from '../load.ts'
import { note, print, printJson, safe, style } from '../output.ts'
import type { Call } from '../verb.ts'

interface Flags {
  readonly yes?: boolean
  readonly json?: boolean
  readonly integrity?: string
}

/** `plugin install FOLDER|TGZ`: shows what the plugin asks for, then copies it and writes the config. Nothing of it runs. */
export async function act(call: Call): Promise<number> {
  const [source = ''] = call.args
  const flags = call.opts<Flags>()
  const { loaded, source: config } = await load(call)
  const plugin = await readPackage(source)
  const plan = planInstall(plugin, loaded, Object.keys(findInstallation().shippedFolders))
  checkDigest(plan, flags.integrity)
  if (flags.json !== true) show(plan)
  if (flags.yes !== true && !(await isConfirmed())) {
    note('Nothing was changed.')
    return EXIT.failed
  }
  const folder = await install(plugin, plan, loaded, config)
  if (flags.json === true) {
    const { manifest, grants, permissions: asked, ...others } = plan
    printJson({ name: manifest.name, version: manifest.version, folder, asked, grants, ...others })
  } else tell(plan, folder, loaded.file)
  return EXIT.ok
}

function checkDigest({ manifest, integrity }: InstallPlan, expected: string | undefined): void {
  if (expected === undefined || expected === integrity) return
  const message = `The package of ${manifest.name} is not the one that was named: expected ${expected}, found ${integrity}; nothing was installed.`
  throw pluginError('PLUGIN_INTEGRITY_MISMATCH', message)
}

function show({ manifest, integrity, files, bytes, permissions, upgrade }: InstallPlan): void {
  const { name, version, commands } = manifest
  print(`${style('bold', safe(`${name} ${version}`))}: ${files} files, ${bytes} bytes, ${integrity}`)
  print('Brings:')
  for (const [type, { description }] of Object.entries(commands))
    print(`  ${style('bold', type)}: ${safe(description)}`)
  print('Asks for:')
  for (const line of permissions.length === 0 ? ['nothing beyond its own folder'] : permissions)
    print(`  ${safe(line)}`)
  if (upgrade === null) return
  const { added, removed } = upgrade
  print(added.length + removed.length === 0 ? 'Granted are these already.' : 'Other than granted until now:')
  for (const line of added) print(style('yellow', `  + ${safe(line)}`))
  for (const line of removed) print(`  - ${safe(line)}`)
}

/** @throws LocalError `USAGE` where nobody is there to ask. */
async function isConfirmed(): Promise<boolean> {
  if (!process.stdin.isTTY) throw localError('USAGE', 'Nobody is there to confirm the installation; add --yes.')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await terminal.question('Install it and grant this? [y/N] ')).trim())
  } finally {
    terminal.close()
  }
}

function tell({ manifest, enabled, open }: InstallPlan, folder: string, file: string): void {
  const { name } = manifest
  print(`${style('bold', name)} is installed in ${folder}, granted and pinned in ${file}.`)
  for (const key of open) print(`Set \`plugins.${name}.${safe(key)}\` there before you enable it.`)
  print(enabled ? 'It stays enabled.' : `It is disabled until \`gururmm-agent plugin enable ${name}\`.`)
}
