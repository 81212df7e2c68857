import { relative, resolve } from 'node:path'
import { findInstallation } from '../../agent/installation.ts'
import { createPlugin, NAME_RULE, suggestName } from '../../author/create.ts'
import { localError } from '../../local/contract.ts'
import { quoteValue } from '../../schema/index.ts'
import { EXIT } from '../exit-codes.ts'
import { print, printJson, style } from '../output.ts'
import type { Call } from '../verb.ts'

interface Flags {
  readonly language: 'typescript' | 'javascript'
  readonly dir?: string
  readonly json?: boolean
}

/** `plugin new NAME`: a folder with a plugin that runs as it is. */
export async function act(call: Call): Promise<number> {
  const [name = ''] = call.args
  const { language, dir, json } = call.opts<Flags>()
  const installation = findInstallation()
  checkName(name, Object.keys(installation.shippedFolders))
  const folder = resolve(dir ?? name)
  const files = await createPlugin(folder, { name, language }, installation)
  if (json) {
    printJson({ name, folder, files })
    return EXIT.ok
  }
  const shown = relative(process.cwd(), folder) || '.'
  print(`${style('bold', name)} is in ${shown}: ${files.join(', ')}.`)
  print('')
  print('Next:')
  print(`  gururmm-agent plugin test ${shown}   its own tests, and what every plugin must stand`)
  print(`  gururmm-agent plugin dev ${shown}    run it here, and again after each change`)
  return EXIT.ok
}

function checkName(name: string, shipped: readonly string[]): void {
  if (shipped.includes(name)) {
    throw localError('USAGE', `${name} is shipped with the agent; give the plugin another name, e.g. acme_${name}.`)
  }
  if (/^[a-z][a-z0-9_]{0,63}$/.test(name)) return
  const nearest = suggestName(name)
  const hint = nearest === undefined ? '' : `; how about ${nearest}?`
  throw localError('USAGE', `A plugin's name is ${NAME_RULE}, and ${quoteValue(name.slice(0, 100))} is not${hint}`)
}
