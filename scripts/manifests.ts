import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { MANIFEST_FILE, manifestOf, type Plugin } from '@gururmm/plugin-sdk'
import { shippedPlugins } from './build/plugins.ts'

const PLUGINS = path.join(import.meta.dirname, '../plugins')
const EXAMPLES = path.join(import.meta.dirname, '../examples/plugins')

/** A plugin's code, and its manifest's file and what it should say. */
export interface ShippedManifest {
  readonly folder: string
  readonly plugin: Plugin
  readonly file: string
  readonly text: string
}

/** The manifests of all shipped plugins, written from their code. */
export async function shippedManifests(): Promise<readonly ShippedManifest[]> {
  const names = await shippedPlugins()
  return Promise.all(names.map((name) => manifestFrom(path.join(PLUGINS, name), './index.ts', './index.js')))
}

/** Those of the example plugins, which run as they stand: their package names the module to import. */
export async function exampleManifests(): Promise<readonly ShippedManifest[]> {
  const entries = await readdir(EXAMPLES, { withFileTypes: true })
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => path.join(EXAMPLES, name))
  return Promise.all(folders.map(async (folder) => manifestFrom(folder, (await packageOf(folder)).exports)))
}

/** @param entry what the manifest is to name, where that is yet to be built. */
async function manifestFrom(folder: string, module: string, entry = module): Promise<ShippedManifest> {
  const { version } = await packageOf(folder)
  const { default: plugin } = (await import(pathToFileURL(path.join(folder, module)).href)) as { default: Plugin }
  const text = `${JSON.stringify(manifestOf(plugin, { version, entry }), null, 2)}\n`
  return { folder, plugin, file: path.join(folder, MANIFEST_FILE), text }
}

async function packageOf(folder: string): Promise<{ version: string; exports: string }> {
  return JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'))
}
