import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { findInstallation } from '../../../core/agent/installation.ts'
import { declaredManifest, isStale, writeManifest } from '../../../core/author/declare.ts'
import { directoryOutside } from '../../helpers/outside.ts'
import { fixtureFolders } from '../../helpers/plugin-host.ts'

const installation = findInstallation()

t.test('the manifest is what the code declares, and is written only where that changes it', async (t) => {
  const good = fixtureFolders.good as string
  const folder = directoryOutside(t, {
    'index.js': readFileSync(join(good, 'index.js'), 'utf8'),
    'package.json': '{ "version": "2.0.0", "type": "module", "exports": { ".": { "default": "./index.js" } } }',
  })
  const manifest = await declaredManifest(folder, installation)
  t.match(manifest, { name: 'good', version: '2.0.0', entry: './index.js' })
  t.equal(isStale(folder, manifest), true)
  t.equal(writeManifest(folder, manifest), true)
  t.equal(writeManifest(folder, manifest), false)
})

t.test('what is wrong with the code is told with file and line, and without the insides of Node.js', async (t) => {
  const folder = directoryOutside(t, { 'package.json': '{ "version": "1.0.0", "type": "module" }', 'index.js': '' })
  const told = async (code: string) => {
    writeFileSync(join(folder, 'index.js'), code)
    const error = await declaredManifest(folder, installation).then(
      () => undefined,
      (error: Error) => error,
    )
    t.match(error, { code: 'PLUGIN_LOAD_FAILED' })
    t.notMatch(error?.message, /node:internal|Node\.js v|core\/author/)
    return error?.message ?? ''
  }
  t.match(await told('\nconst = 1'), /^index\.js:2\nconst = 1\n {6}\^\n\nSyntaxError/)
  t.match(await told("throw new Error('on load')"), /^index\.js:1\n[\s\S]*Error: on load\n {4}at index\.js:1:7$/)
  t.match(await told('export default 1'), /The default export of index\.js is no plugin/)
  t.match(
    await told("import { definePlugin } from '@gururmm/plugin-sdk'\nexport default definePlugin({ name: 'A' })"),
    /`name` must be snake_case[\s\S]*at index\.js:2:16$/,
  )
  t.match(await told("import fs from 'node:fs'\nfs.writeFileSync('x', '')"), /ERR_ACCESS_DENIED/)
  t.match(await told('process.exit(3)'), /ended its process/)
})

t.test('a folder that is no plugin’s is refused', async (t) => {
  const folder = directoryOutside(t, { 'package.json': '{ "version": "1.0.0", "exports": "./none.js" }', empty: {} })
  await t.rejects(declaredManifest(folder, installation), { code: 'PLUGIN_PACKAGE_INVALID', message: /none\.js/ })
  await t.rejects(declaredManifest(join(folder, 'empty'), installation), { message: /no package\.json.*plugin new/ })
})
