import { randomUUID } from 'node:crypto'
import { open, realpath, rename, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { applyEdits, type FormattingOptions, modify } from 'jsonc-parser'
import { buildConfig, type LoadedConfig, type LoadOptions, readConfigText } from './load.ts'

export interface PluginSwitch {
  readonly plugin: string
  readonly enabled: boolean
  /** Only at this site; absent: everywhere. */
  readonly site?: string | undefined
}

/**
 * Switches a plugin on or off in the config file. The rest of the text stays as it was; so do the file's mode and owner. The new text
 * is checked first and takes the file's place in one step: a reader sees the old or the new one, and a crash leaves one of them.
 *
 * @returns the config as it is now; another layer or a site's section may still say otherwise.
 * @throws ConfigError as loadConfig, for the file as it is or would be; nothing is written then.
 */
export async function setPluginEnabled(options: LoadOptions, change: PluginSwitch): Promise<LoadedConfig> {
  const file = await realpath(options.file)
  const before = await readConfigText(file)
  buildConfig(options.file, before, options)
  const { plugin, enabled, site } = change
  const path = [...(site === undefined ? [] : ['sites', site]), 'plugins', plugin, 'enabled']
  const after = applyEdits(before, modify(before, path, enabled, { formattingOptions: formattingOf(before) }))
  const loaded = buildConfig(options.file, after, options)
  if (after !== before) await replaceFile(file, after)
  return loaded
}

/** Indents what is added as the file does. */
function formattingOf(text: string): FormattingOptions {
  const indent = /^([ \t]+)\S/m.exec(text)?.[1] ?? '  '
  return {
    insertSpaces: !indent.startsWith('\t'),
    tabSize: indent.startsWith('\t') ? 1 : indent.length,
    eol: text.includes('\r\n') ? '\r\n' : '\n',
  }
}

async function replaceFile(file: string, text: string): Promise<void> {
  const draft = join(dirname(file), `.${randomUUID()}.tmp`)
  try {
    await writeLike(file, draft, text)
    await rename(draft, file)
  } catch (error) {
    await unlink(draft).catch(() => {})
    throw error
  }
}

/** Writes a new file with the mode and owner of another, down to the disk. */
async function writeLike(model: string, path: string, text: string): Promise<void> {
  const { mode, uid, gid } = await stat(model)
  await using handle = await open(path, 'wx', mode & 0o777)
  await handle.writeFile(text)
  await handle.chmod(mode & 0o777) // open() took the umask off
  const made = await handle.stat()
  if (made.uid !== uid || made.gid !== gid) await handle.chown(uid, gid)
  await handle.sync()
}
