import { createWriteStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { create } from 'tar'
import { ZipFile } from 'yazl'

/** Every file below the folder, relative to it, in the same order everywhere. */
async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => !entry.isDirectory())
  return files
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort()
}

/**
 * Packs a folder, its name first in every path. Same files and time, same bytes.
 *
 * @param time set for every file.
 */
export async function pack(folder: string, file: string, time: Date): Promise<void> {
  const parent = path.dirname(folder)
  const names = (await filesIn(folder)).map((name) => `${path.basename(folder)}/${name}`)
  if (file.endsWith('.zip')) return zip(parent, names, file, time)
  // `portable`: no owners, and nothing else of this machine
  await create({ cwd: parent, file, gzip: { level: 9 }, portable: true, mtime: time, noDirRecurse: true }, names)
}

async function zip(parent: string, names: readonly string[], file: string, time: Date): Promise<void> {
  const archive = new ZipFile()
  // A zip has the wall clock's time, without its zone
  const mtime = new Date(time.getTime() + time.getTimezoneOffset() * 60_000)
  for (const name of names) {
    const { mode } = await stat(path.join(parent, name))
    archive.addFile(path.join(parent, name), name, { mtime, mode, forceDosTimestamp: true, compressionLevel: 9 })
  }
  archive.end()
  await pipeline(archive.outputStream, createWriteStream(file))
}
