import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { create } from 'tar'
import { type PluginFiles, writeFiles } from './plugin-files.ts'

/** Where npm's packages have their files, too. */
const PREFIX = 'package'

/** The files as a .tgz: of the same files always the same bytes. */
export async function packFiles(files: PluginFiles): Promise<Buffer> {
  const scratch = mkdtempSync(join(tmpdir(), 'gururmm-pack-'))
  try {
    writeFiles(scratch, files)
    const file = join(scratch, `.${PREFIX}.tgz`)
    // portable: nothing of this machine and its accounts goes in
    const options = {
      file,
      cwd: scratch,
      prefix: PREFIX,
      portable: true,
      gzip: true,
      mtime: new Date(0),
      noDirRecurse: true,
    }
    await create(
      options,
      [...files.keys()].sort().map((path) => `./${path}`),
    )
    return readFileSync(file)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
