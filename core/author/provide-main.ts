/**
 * Loaded before an author's tests: lets them import the SDK and its test kit from this agent, whatever is installed in their folder.
 *
 * @module
 */
import { existsSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { findInstallation } from '../agent/installation.ts'

const { authorSdk } = findInstallation(dirname(fileURLToPath(import.meta.url)))
const built = join(authorSdk, 'testing.js')
// In the source tree the SDK has the kit's types only
const kit = existsSync(built) ? built : join(authorSdk, '../core/testing/index.ts')
const modules = new Map([
  ['@gururmm/plugin-sdk', join(authorSdk, existsSync(built) ? 'index.js' : 'index.ts')],
  ['@gururmm/plugin-sdk/testing', kit],
])

registerHooks({
  resolve(specifier, context, nextResolve) {
    const file = modules.get(specifier)
    return file === undefined ? nextResolve(specifier, context) : { url: pathToFileURL(file).href, shortCircuit: true }
  },
})
