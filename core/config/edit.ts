import { randomUUID } from 'node:crypto'
import { open, realpath, rename, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { findNodeAtLocation, type Node, parseTree } from 'jsonc-parser'
import { buildConfig, type LoadedConfig, type LoadOptions, readConfigText, requireProtected } from './load.ts'
import { nest } from './merge.ts'

export interface PluginSwitch {
  readonly plugin: string
  readonly enabled: boolean
  /** Only at this site; absent: everywhere. */
  readonly site?: string | undefined
}

/** One change of the config file. */
export interface ConfigEdit {
  /** The keys down to what changes; those that are missing are made. */
  readonly path: readonly string[]
  /** Undefined: the key goes. */
  readonly value: unknown
}

/** Switches a plugin on or off in the config file; else as {@link editConfig}. */
export async function setPluginEnabled(options: LoadOptions, change: PluginSwitch): Promise<LoadedConfig> {
  const { plugin, enabled, site } = change
  const path = [...(site === undefined ? [] : ['sites', site]), 'plugins', plugin, 'enabled']
  return editConfig(options, [{ path, value: enabled }])
}

/**
 * Changes the config file. The rest of the text stays as it was; so do the file's mode and owner. The new text
 * is checked first and takes the file's place in one step: a reader sees the old or the new one, and a crash leaves one of them.
 *
 * @returns the config as it is now; another layer or a site's section may still say otherwise.
 * @throws ConfigError as loadConfig, for the file as it is or would be; nothing is written then.
 */
export async function editConfig(options: LoadOptions, edits: readonly ConfigEdit[]): Promise<LoadedConfig> {
  const file = await realpath(options.file)
  const before = await readConfigText(file)
  await requireProtected(buildConfig(options.file, before, options))
  const after = edits.reduce(
    (text, { path, value }) => (value === undefined ? removeKey(text, path) : setValue(text, path, value)),
    before,
  )
  const loaded = buildConfig(options.file, after, options)
  if (after !== before) await replaceFile(file, after)
  return loaded
}

/** The text without the key, and without the comma that kept it from its neighbour. */
function removeKey(text: string, path: readonly string[]): string {
  const property = findNodeAtLocation(parseTree(text) as Node, [...path])?.parent
  if (property === undefined) return text
  const siblings = property.parent?.children ?? []
  const at = siblings.indexOf(property)
  const before = siblings[at - 1]
  const after = siblings[at + 1]
  const end = property.offset + property.length
  if (before !== undefined) return splice(text, before.offset + before.length, end - before.offset - before.length, '')
  if (after !== undefined) return splice(text, property.offset, after.offset - property.offset, '')
  const parent = property.parent as Node
  return splice(text, parent.offset, parent.length, '{}')
}

/**
 * The text with another value at the path, made where it is missing. By hand, because the library's own `modify` also lays out anew
 * what stands beside the change.
 */
function setValue(text: string, path: readonly string[], value: unknown): string {
  const root = parseTree(text) as Node
  const depths = path.map((_, depth) => depth).reverse()
  const old = findNodeAtLocation(root, [...path])
  if (old !== undefined) return splice(text, old.offset, old.length, laidOut(text, path.length, value))
  const depth = depths.find((count) => findNodeAtLocation(root, path.slice(0, count)) !== undefined) ?? 0
  const parent = findNodeAtLocation(root, path.slice(0, depth)) ?? root
  return insert(text, parent, depth, nest(path.slice(depth), value))
}

/** Puts the one key of `added` at the end of an object: on a line of its own where the object has several. */
function insert(text: string, parent: Node, depth: number, added: object): string {
  const last = parent.children?.at(-1)
  const comma = last === undefined ? '' : ','
  const at = last === undefined ? parent.offset + 1 : last.offset + last.length
  if (!text.slice(parent.offset, parent.offset + parent.length).includes('\n')) {
    const content = JSON.stringify(added, null, 1).replaceAll(/\n */g, ' ').slice(1, -2)
    return splice(text, at, 0, `${comma}${content}${last === undefined ? ' ' : ''}`)
  }
  const lines = JSON.stringify(added, null, indentOf(text)).split('\n').slice(1, -1)
  const content = lines.map((line) => `\n${indentOf(text).repeat(depth)}${line}`).join('')
  return splice(text, at, 0, `${comma}${text.includes('\r\n') ? content.replaceAll('\n', '\r\n') : content}`)
}

/** A value as it stands behind its key at this depth of the text. */
function laidOut(text: string, depth: number, value: unknown): string {
  const lines = JSON.stringify(value, null, indentOf(text)).split('\n')
  return lines.join(`${text.includes('\r\n') ? '\r\n' : '\n'}${indentOf(text).repeat(depth)}`)
}

function indentOf(text: string): string {
  return /^([ \t]+)\S/m.exec(text)?.[1] ?? '  '
}

function splice(text: string, offset: number, length: number, content: string): string {
  return text.slice(0, offset) + content + text.slice(offset + length)
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
