import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { packageError } from './package-error.ts'

/** The files of a plugin as it is packed and installed: relative paths with `/`, and their content. */
export type PluginFiles = ReadonlyMap<string, Buffer>

/** A plugin with what it depends on; beyond it somebody packed something else. */
export const PACKAGE_LIMITS = {
  files: 10_000,
  fileBytes: 33_554_432,
  totalBytes: 134_217_728,
  pathLength: 240,
} as const

/** Collects files within {@link PACKAGE_LIMITS}. */
export class PluginFilesBuilder {
  readonly #files = new Map<string, Buffer>()
  /** Names that some file systems take for the same. */
  readonly #taken = new Map<string, string>()
  #bytes = 0

  get files(): PluginFiles {
    return this.#files
  }

  /** @throws PluginError `PLUGIN_PACKAGE_INVALID` for a path that is not {@link checkPath safe}, is there already, or is too much. */
  add(path: string, content: Buffer): void {
    checkPath(path)
    this.checkSize(path, content.length)
    const twin = this.#taken.get(path.toLowerCase())
    if (twin !== undefined) {
      throw packageError(`The package has ${quote(path)} and ${quote(twin)}, which would be one file; rename one.`)
    }
    this.#taken.set(path.toLowerCase(), path)
    this.#files.set(path, content)
    this.#bytes += content.length
  }

  /** Before anything of the file is read. */
  checkSize(path: string, bytes: number): void {
    const { files, fileBytes, totalBytes } = PACKAGE_LIMITS
    if (bytes > fileBytes)
      throw packageError(`${quote(path)} has ${bytes} bytes, and ${fileBytes} are allowed for a file.`)
    if (this.#bytes + bytes > totalBytes)
      throw packageError(`The package has over ${totalBytes} bytes; leave something out.`)
    if (this.#files.size >= files) throw packageError(`The package has over ${files} files; leave something out.`)
  }
}

/**
 * Holds a path against what every file system takes for a plain name below the plugin's folder.
 *
 * @throws PluginError `PLUGIN_PACKAGE_INVALID`.
 */
export function checkPath(path: string): void {
  const isPlain =
    path.length > 0 &&
    path.length <= PACKAGE_LIMITS.pathLength &&
    !/[\\:*?"<>|\p{Cc}]/u.test(path) &&
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && !/[. ]$/.test(part))
  if (isPlain) return
  const message = `The package has a file named ${quote(path)}; names must be relative, plain on every system, and at most ${PACKAGE_LIMITS.pathLength} characters.`
  throw packageError(message)
}

/** Writes the files below a folder that is there and empty, for all to read and for the owner to write. */
export function writeFiles(folder: string, files: PluginFiles): void {
  for (const [path, content] of files) {
    const file = join(folder, path)
    makeFolder(folder, dirname(path))
    writeFileSync(file, content, { flag: 'wx' })
    chmodSync(file, 0o644)
  }
}

/** Whatever the umask: the account that plugins run as must get in. */
function makeFolder(base: string, below: string): void {
  if (below === '.') return
  makeFolder(base, dirname(below))
  const path = join(base, below)
  mkdirSync(path, { recursive: true })
  chmodSync(path, 0o755)
}

function quote(path: string): string {
  return JSON.stringify(path.slice(0, 300))
}
