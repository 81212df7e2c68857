import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { type PluginTest, type TestPluginOptions, testPlugin } from '@gururmm/plugin-sdk/testing'
import type { Test } from 'tap'
import { exampleManifests } from '../../../scripts/manifests.ts'

/** The example plugins: their code, and their manifests as they should be. */
export const examples = await exampleManifests()

/** An example plugin in the SDK's test kit; closed with the test. */
export async function testExample(t: Test, name: string, options: TestPluginOptions = {}): Promise<PluginTest> {
  const found = examples.find(({ folder }) => basename(folder) === name)
  if (found === undefined) throw new Error(`there is no example ${name}`)
  const tested = await testPlugin(found.plugin, options)
  t.teardown(() => tested.close())
  return tested
}

/** An empty folder, by its canonical path; removed with the test. */
export function scratchFolder(t: Test): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'gururmm-example-')))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
