import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { MANIFEST_FILE, manifestOf, type Plugin } from '@gururmm/plugin-sdk'
import type { Metafile } from 'esbuild'
import { bundle, ROOT } from './bundle.ts'

/** What a plugin imports of the agent stays an import: the agent resolves it to its own copy. */
const SDK = ['@gururmm/plugin-sdk', '@gururmm/plugin-sdk/*']

/** The folders of the plugins that are shipped with the agent. */
export async function shippedPlugins(): Promise<readonly string[]> {
  const entries = await readdir(path.join(ROOT, 'plugins'), { withFileTypes: true })
  return entries
    .filter((entry) => existsSync(path.join(ROOT, 'plugins', entry.name, 'index.ts')))
    .map(({ name }) => name)
    .sort()
}

/** A shipped plugin's own code, unbuilt. */
export async function importPlugin(folder: string): Promise<Plugin> {
  const module: { default: Plugin } = await import(pathToFileURL(path.join(ROOT, 'plugins', folder, 'index.ts')).href)
  return module.default
}

/** Bundles one shipped plugin into `outdir`, with its manifest written from the code that is shipped. */
export async function buildPlugin(folder: string, outdir: string): Promise<Metafile> {
  const source = path.join(ROOT, 'plugins', folder)
  const { name, version, license } = JSON.parse(await readFile(path.join(source, 'package.json'), 'utf8'))
  const metafile = await bundle({ index: path.join(source, 'index.ts') }, outdir, { external: SDK })
  const manifest = manifestOf(await importPlugin(folder), { version, entry: './index.js' })
  await writeJson(path.join(outdir, MANIFEST_FILE), manifest)
  await writeJson(path.join(outdir, 'package.json'), { name, version, license, type: 'module' })
  return metafile
}

async function writeJson(file: string, value: unknown): Promise<void> {
  await writeFile(file, `${JSON.stringify(value, null, 2)}\n`)
}
