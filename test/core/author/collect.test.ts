import { mkdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { collectPlugin } from '../../../core/author/collect.ts'
import { directoryOutside } from '../../helpers/outside.ts'

const MANIFEST = {
  apiVersion: 1,
  name: 'acme',
  version: '1.0.0',
  entry: './index.ts',
  permissions: {},
  configSchema: { type: 'object' },
  commands: { acme: { description: 'Does.', schemas: { input: { type: 'object' } } } },
}

function packageOf(version: string, dependencies: object = {}) {
  return {
    'package.json': JSON.stringify({ version, dependencies }),
    'index.js': version,
    'index.d.ts': '',
    'index.js.map': '',
  }
}

function folderOf(t: Test, more: object = {}, packageJson: object = {}): string {
  const own = { name: 'gururmm-plugin-acme', version: '1.0.0', exports: './index.ts', scripts: { install: 'rm -rf /' } }
  return directoryOutside(t, {
    'package.json': JSON.stringify({ ...own, ...packageJson }),
    'gururmm.plugin.json': JSON.stringify(MANIFEST),
    'index.ts': "import { a } from './lib/a.ts'\nexport default a as unknown",
    lib: { 'a.ts': 'export const a: number = 1' },
    ...more,
  })
}

t.test('TypeScript is packed as JavaScript, and what is for the author alone stays out', async (t) => {
  const folder = folderOf(t, {
    'index.test.ts': '',
    'gururmm.dev.json': '{}',
    'tsconfig.json': '{}',
    'types.d.ts': '',
    '.env': 'SECRET=1',
    '.git': { config: '' },
    test: { 'a.js': '' },
    data: { 'list.txt': 'x' },
  })
  const { files, manifest } = collectPlugin(folder)
  t.strictSame([...files.keys()].sort(), [
    'data/list.txt',
    'gururmm.plugin.json',
    'index.js',
    'lib/a.js',
    'package.json',
  ])
  t.equal(manifest.entry, './index.js')
  t.match(files.get('index.js')?.toString(), 'from "./lib/a.js"')
  const packed = JSON.parse(String(files.get('package.json')))
  t.strictSame(packed, { name: 'gururmm-plugin-acme', version: '1.0.0', type: 'module', exports: './index.js' })
})

t.test('packages come inside from wherever they lie, each in the version that its dependent gets', async (t) => {
  const folder = folderOf(
    t,
    {
      node_modules: {
        a: { ...packageOf('1.0.0', { b: '2' }), node_modules: { b: packageOf('2.0.0') } },
        b: packageOf('1.0.0', { '@scope/c': '1' }),
        '@scope': { c: packageOf('1.0.0', { b: '1' }) },
        unused: packageOf('1.0.0'),
        '@gururmm': { 'plugin-sdk': packageOf('1.0.0') },
      },
    },
    { dependencies: { a: '1', b: '1', '@gururmm/plugin-sdk': '1' }, optionalDependencies: { missing: '1' } },
  )
  const { files } = collectPlugin(folder)
  const modules = [...files.keys()].filter((path) => path.endsWith('.js') && path.startsWith('node_modules')).sort()
  t.strictSame(
    modules.map((path) => [path, String(files.get(path))]),
    [
      ['node_modules/@scope/c/index.js', '1.0.0'],
      ['node_modules/a/index.js', '1.0.0'],
      ['node_modules/a/node_modules/b/index.js', '2.0.0'],
      ['node_modules/b/index.js', '1.0.0'],
    ],
  )
})

t.test('a package further up, as workspaces have it, comes inside too; one that is nowhere is named', async (t) => {
  const outer = directoryOutside(t, { node_modules: { a: packageOf('3.0.0') }, acme: {} })
  const folder = join(outer, 'acme')
  mkdirSync(join(folder, 'lib'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ version: '1.0.0', dependencies: { a: '3' } }))
  writeFileSync(join(folder, 'gururmm.plugin.json'), JSON.stringify(MANIFEST))
  writeFileSync(join(folder, 'index.ts'), '')
  t.ok(collectPlugin(folder).files.has('node_modules/a/index.js'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ version: '1.0.0', dependencies: { nowhere: '3' } }))
  t.throws(() => collectPlugin(folder), { code: 'PLUGIN_PACKAGE_INVALID', message: /nowhere is needed.*npm install/ })
})

t.test('links, broken code, two files that become one, and no manifest are refused', async (t) => {
  const refused = { code: 'PLUGIN_PACKAGE_INVALID' }
  const folder = folderOf(t)
  symlinkSync('/etc/passwd', join(folder, 'link'))
  t.throws(() => collectPlugin(folder), { ...refused, message: /link is a link/ })
  unlinkSync(join(folder, 'link'))
  writeFileSync(join(folder, 'lib/b.ts'), 'const = 1')
  t.throws(() => collectPlugin(folder), { ...refused, message: /lib\/b\.ts can't be made JavaScript/ })
  unlinkSync(join(folder, 'lib/b.ts'))
  writeFileSync(join(folder, 'lib/a.js'), '')
  t.throws(() => collectPlugin(folder), { ...refused, message: /lib\/a\.js/ })
  unlinkSync(join(folder, 'lib/a.js'))
  unlinkSync(join(folder, 'gururmm.plugin.json'))
  t.throws(() => collectPlugin(folder), { code: 'PLUGIN_MANIFEST_INVALID' })
  t.throws(() => collectPlugin(join(folder, 'none')), { ...refused, message: /no folder/ })
})
