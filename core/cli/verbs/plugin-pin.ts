import { editConfig } from '../../config/index.ts'
import { readDigestOfFolder } from '../../plugins/integrity.ts'
import { EXIT } from '../exit-codes.ts'
import { load } from '../load.ts'
import { print, printJson, style } from '../output.ts'
import { folderOfPlugin } from '../plugin-folders.ts'
import type { Call } from '../verb.ts'

/** `plugin pin NAME`: its files are trusted as they are now. A running agent sees the change of its config. */
export async function act(call: Call): Promise<number> {
  const [name = ''] = call.args
  const { loaded, source } = await load(call)
  const folder = folderOfPlugin(loaded, name)
  const integrity = await readDigestOfFolder(folder)
  await editConfig(source, [{ path: ['plugins', name, 'integrity'], value: integrity }])
  if (call.opts<{ json?: boolean }>().json) printJson({ name, folder, integrity })
  else print(`${style('bold', name)} is pinned to ${integrity} (${loaded.file}).`)
  return EXIT.ok
}
