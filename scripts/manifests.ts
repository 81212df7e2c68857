import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { MANIFEST_FILE, manifestOf, type Plugin } from '@gururmm/plugin-sdk'
import { shippedPlugins } from './build/plugins.ts'

const PLUGINS = path.join(import.meta.dirname, '../plugins')

/** A shipped plugin's code, and its manifest as it stands and as it should. */
export interface ShippedManifest {
  readonly folder: string
  readonly plugin: Plugin
  readonly file: string
  readonly text: string
}

/** The manifests of all shipped plugins, written from their code. */
export async function shippedManifests(): Promise<readonly ShippedManifest[]> {
  const names = await shippedPlugins()
  return Promise.all(names.map((name) => manifestFrom(path.join(PLUGINS, name))))
}

async function manifestFrom(folder: string): Promise<ShippedManifest> {
  const { version } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as { version: string }
  const module = (await import(pathToFileURL(path.join(folder, 'index.ts')).href)) as { default: Plugin }
  const manifest = manifestOf(module.default, { version, entry: './index.js' })
  const text = `${JSON.stringify(manifest, null, 2)}\n`
  return { folder, plugin: module.default, file: path.join(folder, MANIFEST_FILE), text }
}
