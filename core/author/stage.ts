import { chmodSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Manifest } from '@gururmm/plugin-sdk'
import { collectPlugin } from './collect.ts'
import { writeFiles } from './plugin-files.ts'

/** A place for a plugin under development, and what is made of its folder there. */
export interface Stage {
  /** Every account may enter it. */
  readonly base: string
  /** Puts the plugin there as it would be packed. @returns its folder. */
  put(manifest: Manifest): string
  /** @returns a new folder for data. */
  dataDir(): string
  /** Lets a text name the author's files instead of those made of them. */
  own(text: string): string
  remove(): void
}

/**
 * What is developed and tested is what would be packed, so that nothing works here and not at the operator's; and it is where the
 * account that plugins run as can read it, which an author's home folder mostly is not.
 */
export function openStage(folder: string): Stage {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'gururmm-dev-')))
  chmodSync(base, 0o755)
  let count = 0
  return {
    base,
    put(manifest) {
      const { files } = collectPlugin(folder, manifest)
      const place = makeFolder(join(base, `plugin-${++count}`))
      writeFiles(place, files)
      return place
    },
    dataDir: () => makeFolder(join(base, `data-${++count}`)),
    own(text) {
      const staged = new RegExp(`(?:file://)?${literally(base)}/plugin-\\d+/([^\\s:)'"]*)`, 'g')
      return text.replaceAll('\\', '/').includes(base)
        ? text.replaceAll(staged, (_, path: string) => sourceOf(path, folder))
        : text
    },
    remove: () => rmSync(base, { recursive: true, force: true, maxRetries: 5 }),
  }
}

/** Whatever the umask. */
function makeFolder(path: string): string {
  mkdirSync(path)
  chmodSync(path, 0o755)
  return path
}

function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

/** Its lines and columns are those of the TypeScript that it was. */
function sourceOf(path: string, folder: string): string {
  const source = path.replace(/js$/, 'ts')
  return !existsSync(join(folder, path)) && existsSync(join(folder, source)) ? source : path
}
