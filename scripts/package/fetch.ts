import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { extract } from 'tar'
import { ROOT } from '../build/bundle.ts'

const run = promisify(execFile)

const CACHE = path.join(ROOT, 'node_modules/.cache/packages')

/** An npm package as it is to be fetched. */
export interface Pinned {
  readonly name: string
  readonly version: string
  /** `sha512-…` of its archive; null: what the registry says is believed. */
  readonly integrity: string | null
}

/** A package for another platform in the version that package-lock.json pins, or in another one. */
export async function pinnedPackage(name: string, version: string | null): Promise<Pinned> {
  const { packages } = JSON.parse(await readFile(path.join(ROOT, 'package-lock.json'), 'utf8'))
  const locked = packages[`node_modules/${name}`] as { readonly version: string; readonly integrity: string }
  if (version === null || version === locked.version) return { name, ...locked }
  return { name, version, integrity: null }
}

/**
 * The unpacked folder of an npm package for whatever platform; none of its code runs. Kept in `node_modules/.cache`, as npm installs
 * nothing there that is for other platforms.
 *
 * @throws Error where it cannot be fetched, or is not what is pinned.
 */
export async function fetchPackage({ name, version, integrity }: Pinned, say: (line: string) => void): Promise<string> {
  const folder = path.join(CACHE, `${name.replace('/', '+')}-${version}`)
  if (existsSync(folder)) return folder
  say(`fetching ${name} ${version} from the npm registry`)
  await mkdir(CACHE, { recursive: true })
  // Beside it first: a fetch cut short, or a second one at the same time, leaves nothing half done.
  const scratch = await mkdtemp(path.join(CACHE, '.fetching-'))
  try {
    const { stdout } = await run('npm', ['pack', `${name}@${version}`, '--silent', '--pack-destination', scratch], {
      cwd: scratch,
    })
    const archive = path.join(scratch, stdout.trim().split('\n').at(-1) ?? '')
    await verify(archive, integrity)
    await mkdir(path.join(scratch, 'package'))
    await extract({ file: archive, cwd: path.join(scratch, 'package'), strip: 1 })
    await rename(path.join(scratch, 'package'), folder).catch((error) => {
      if (!existsSync(folder)) throw error
    })
    return folder
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function verify(archive: string, integrity: string | null): Promise<void> {
  if (integrity === null) return
  const found = `sha512-${createHash('sha512')
    .update(await readFile(archive))
    .digest('base64')}`
  if (found === integrity) return
  throw new Error(`Expected ${path.basename(archive)} to be ${integrity}, found ${found}: it is not what was pinned.`)
}
