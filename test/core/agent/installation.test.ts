import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { findInstallation } from '../../../core/agent/installation.ts'

t.test('the source tree is an installation', async (t) => {
  const { version, sdkUrl, shippedFolders } = findInstallation()
  t.match(version, /^\d+\.\d+\.\d+/)
  t.match(sdkUrl, /plugin-sdk\/index\.ts$/)
  t.match(Object.keys(shippedFolders).sort(), ['claude_task', 'shell'])
})

t.test('a bundle is one, from any depth of it', async (t) => {
  const root = t.testdir({
    'package.json': '{"version":"9.8.7"}',
    dist: { 'plugin-sdk': { 'index.js': '' }, plugins: { 'acme-tool': {} }, chunks: {} },
  })
  for (const from of ['dist', 'dist/chunks']) {
    const { version, sdkUrl, shippedFolders } = findInstallation(join(root, from))
    t.equal(version, '9.8.7')
    t.ok(sdkUrl.endsWith('/dist/plugin-sdk/index.js'))
    t.strictSame(shippedFolders, { acme_tool: join(root, 'dist/plugins/acme-tool') })
  }
})

t.test('a broken installation is said to be one', async (t) => {
  const root = t.testdir()
  t.throws(() => findInstallation(root), { message: /install the agent anew/ })
  mkdirSync(join(root, 'plugins'))
  mkdirSync(join(root, 'plugin-sdk'))
  writeFileSync(join(root, 'plugin-sdk/index.js'), '')
  t.throws(() => findInstallation(root), { message: /package\.json/ })
})
