/**
 * Runs in a process of its own: imports a plugin's module and prints the manifest that its code declares. What is wrong with the code
 * Node.js tells on standard error, with file and line. With a fifth argument `teardown` it calls that, twice, and no setup before.
 *
 * @module
 */
import { pathToFileURL } from 'node:url'
import { assertPlugin, manifestOf } from '@gururmm/plugin-sdk'
import { provideSdk } from '../plugins/provide-sdk.ts'

const [sdkUrl = '', file = '', version = '', entry = '', then = ''] = process.argv.slice(2)
provideSdk(sdkUrl)
const module = (await import(pathToFileURL(file).href)) as { default?: unknown }
const plugin = module.default
try {
  assertPlugin(plugin)
} catch (error) {
  // The place of this check in the agent helps nobody
  process.stderr.write(`The default export of ${file} is no plugin: ${(error as Error).message}\n`)
  process.exit(1)
}
if (then === 'teardown') for (const _ of [1, 2]) await plugin.teardown?.()
process.stdout.write(JSON.stringify(manifestOf(plugin, { version, entry })), () => process.exit(0))
