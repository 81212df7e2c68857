import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { manifestOf, type Plugin } from '@gururmm/plugin-sdk'
import { type PluginTest, type TestPluginOptions, testPlugin } from '@gururmm/plugin-sdk/testing'
import type { Test } from 'tap'

const EXAMPLES = fileURLToPath(new URL('../../../examples/plugins/', import.meta.url))

/** An example plugin: its code, and its manifest as it should be. */
export interface ExamplePlugin {
  readonly folder: string
  readonly plugin: Plugin
  readonly manifest: string
}

/** The folders of all example plugins. */
export const exampleFolders = readdirSync(EXAMPLES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => join(EXAMPLES, name))

/** @param name the folder's. */
export async function loadExample(name: string): Promise<ExamplePlugin> {
  const folder = join(EXAMPLES, name)
  const { version, exports: entry } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    version: string
    exports: string
  }
  const module = (await import(pathToFileURL(join(folder, entry)).href)) as { default: Plugin }
  const manifest = manifestOf(module.default, { version, entry })
  return { folder, plugin: module.default, manifest: `${JSON.stringify(manifest, null, 2)}\n` }
}

/** An example plugin in the SDK's test kit; closed with the test. */
export async function testExample(t: Test, name: string, options: TestPluginOptions = {}): Promise<PluginTest> {
  const { plugin } = await loadExample(name)
  const tested = await testPlugin(plugin, options)
  t.teardown(() => tested.close())
  return tested
}

/** An empty folder, by its canonical path; removed with the test. */
export function scratchFolder(t: Test): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'gururmm-example-')))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
