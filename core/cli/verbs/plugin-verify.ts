import type { LoadedConfig } from '../../config/index.ts'
import { readDigestOfFolder } from '../../plugins/integrity.ts'
import { EXIT } from '../exit-codes.ts'
import { load } from '../load.ts'
import { print, printJson, safe, style } from '../output.ts'
import { folderOfPlugin } from '../plugin-folders.ts'
import type { Call } from '../verb.ts'

interface Verified {
  readonly name: string
  /** Null: nothing is pinned. */
  readonly pinned: string | null
  /** Null where there is nothing to compare, or it can't be read. */
  readonly found: string | null
  readonly ok: boolean
  readonly message: string
}

/** `plugin verify [NAME]`: the pins that hold and those that do not. A plugin that is named must have one. */
export async function act(call: Call): Promise<number> {
  const [named] = call.args
  const { loaded } = await load(call)
  const names = named === undefined ? Object.keys(loaded.config.plugins) : [named]
  const verified = await Promise.all(names.map((name) => verify(loaded, name, named !== undefined)))
  if (call.opts<{ json?: boolean }>().json) printJson(verified)
  else for (const one of verified) show(one)
  return verified.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed
}

async function verify(loaded: LoadedConfig, name: string, mustBePinned: boolean): Promise<Verified> {
  const folder = mustBePinned ? folderOfPlugin(loaded, name) : undefined
  const pinned = loaded.config.plugins[name]?.integrity ?? null
  if (pinned === null) {
    const message = `not pinned; \`gururmm-agent plugin pin ${name}\` does it`
    return { name, pinned, found: null, ok: !mustBePinned, message }
  }
  try {
    const found = await readDigestOfFolder(folder ?? folderOfPlugin(loaded, name))
    const message = found === pinned ? `as pinned: ${pinned}` : `changed: pinned is ${pinned}, found ${found}`
    return { name, pinned, found, ok: found === pinned, message }
  } catch (error) {
    return { name, pinned, found: null, ok: false, message: (error as Error).message }
  }
}

function show({ name, pinned, ok, message }: Verified): void {
  const mark = !ok ? style('red', '✗') : pinned === null ? style('gray', '–') : style('green', '✓')
  print(`${mark} ${style('bold', name)}: ${safe(message)}`)
}
