import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { plainEnvironment, ROOT } from '../npm.ts'

const run = promisify(execFile)

/** What the packaging script made. */
export interface Built {
  readonly folder: string
  readonly names: readonly string[]
  /** What it printed. */
  readonly output: string
  /** The path of the one file that ends so. */
  file(ending: string): string
}

/** Runs the packaging script as `npm run package` does; what it makes is removed after the test. */
export async function buildPackages(t: Test, ...args: readonly string[]): Promise<Built> {
  const folder = await mkdtemp(path.join(tmpdir(), 'gururmm-packages-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const script = ['--conditions=gururmm-source', path.join(ROOT, 'scripts/package.ts'), '--out', folder, ...args]
  const { stdout } = await run(process.execPath, script, { env: plainEnvironment(), maxBuffer: 2 ** 26 })
  const names = (await readdir(folder)).sort()
  return {
    folder,
    names,
    output: stdout,
    file(ending) {
      const found = names.filter((name) => name.endsWith(ending))
      if (found.length !== 1) throw new Error(`Expected one file *${ending}, found ${names.join(', ')}.`)
      return path.join(folder, found[0] as string)
    },
  }
}
