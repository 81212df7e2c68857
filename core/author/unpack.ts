import { statSync } from 'node:fs'
import { list, type ReadEntry } from 'tar'
import { packageError } from './package-error.ts'
import { checkPath, PACKAGE_LIMITS, type PluginFiles, PluginFilesBuilder } from './plugin-files.ts'

/** What is a file in an archive; older writers have names of their own for it. */
const FILES = new Set(['File', 'OldFile', 'ContiguousFile'])

/**
 * Reads a .tgz into memory. Nothing is unpacked onto the disk by the archive's own word: who has these files writes them, with names
 * that were checked.
 *
 * @throws PluginError `PLUGIN_PACKAGE_INVALID` for what is no archive, names a file outside of its one folder, holds a link or device,
 *   or is too large.
 */
export async function unpackFiles(file: string): Promise<PluginFiles> {
  const { size } = statSync(file)
  if (size > PACKAGE_LIMITS.totalBytes)
    throw packageError(`${file} has ${size} bytes; no plugin's package is so large.`)
  const builder = new PluginFilesBuilder()
  const tops = new Set<string>()
  let refused: unknown
  const orRefuse = (work: () => void): void => {
    try {
      if (refused === undefined) work()
    } catch (error) {
      refused = error
    }
  }
  await list({
    file,
    strict: true,
    onReadEntry: (entry) => orRefuse(() => take(entry, builder, tops, orRefuse)),
  }).catch((error: Error) => {
    refused ??= packageError(`${file} can't be read as a .tgz: ${error.message}`, error)
  })
  if (refused !== undefined) throw refused
  if (builder.files.size === 0) {
    throw packageError(`${file} holds no files; expected a package as \`plugin pack\` makes it.`)
  }
  return builder.files
}

/** @param orRefuse what it is given may throw. */
function take(
  entry: ReadEntry,
  builder: PluginFilesBuilder,
  tops: Set<string>,
  orRefuse: (work: () => void) => void,
): void {
  const { type, path, size } = entry
  if (type === 'Directory' || type === 'GNUDumpDir') return
  const shown = JSON.stringify(path.slice(0, 300))
  if (!FILES.has(type)) throw packageError(`The package has ${shown}, a ${type}; only plain files are taken.`)
  const [top = '', ...rest] = path.split('/')
  tops.add(top)
  if (tops.size > 1 || rest.length === 0 || top === '' || top === '..') {
    throw packageError(`The package has ${shown}; all its files must lie in one folder, \`package\`.`)
  }
  const name = rest.join('/')
  checkPath(name)
  builder.checkSize(name, size)
  const chunks: Buffer[] = []
  entry.on('data', (chunk) => void chunks.push(Buffer.from(chunk)))
  entry.on('end', () => orRefuse(() => builder.add(name, Buffer.concat(chunks))))
}
