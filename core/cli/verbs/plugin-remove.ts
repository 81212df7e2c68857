import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { installedFolder } from '../../author/installed.ts'
import { type ConfigEdit, editConfig } from '../../config/index.ts'
import { findAgent } from '../../local/index.ts'
import { EXIT } from '../exit-codes.ts'
import { load } from '../load.ts'
import { print, printJson, style } from '../output.ts'
import { checkPluginName } from '../plugin-names.ts'
import type { Call } from '../verb.ts'

/** `plugin remove NAME`: out of the config and, where `plugin install` put it there, off the disk. What it kept stays, unless `--data`. */
export async function act(call: Call): Promise<number> {
  const [name = ''] = call.args
  const { data = false, json } = call.opts<{ data?: boolean; json?: boolean }>()
  const { loaded, source } = await load(call)
  const { config } = loaded
  checkPluginName(name, Object.keys(config.plugins))
  // A running agent lets its commands end before the files go
  const agent = await findAgent(config.agent.dataDir)
  if (agent !== undefined && config.plugins[name]?.enabled) await agent.setPlugin(name, { enabled: false })
  const sections = Object.entries(config.sites).filter(([, { plugins = {} }]) => Object.hasOwn(plugins, name))
  const edits: readonly ConfigEdit[] = [
    ...sections.map(([site]) => ({ path: ['sites', site, 'plugins', name], value: undefined })),
    { path: ['plugins', name], value: undefined },
  ]
  await editConfig(source, edits)
  const folders = [
    installedFolder(config.agent.dataDir, name),
    ...(data ? [join(config.agent.dataDir, 'plugins', name)] : []),
  ]
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
  if (json) printJson({ name, data })
  else {
    const kept = data ? '' : '; what it kept in its data folder stays (--data removes that, too)'
    print(`${style('bold', name)} is removed from ${loaded.file}${kept}.`)
  }
  return EXIT.ok
}
