import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))
const onUnix = process.platform === 'win32' ? { skip: 'the example calls df' } : {}

test('the README’s plugin passes the README’s test', onUnix, async (t) => {
  const [plugin = '', kitTest = ''] = codeOf(readFileSync(join(root, 'plugin-sdk/README.md'), 'utf8'))
  const dir = t.testdir({ 'index.js': plugin, 'index.test.js': kitTest, 'package.json': '{ "type": "module" }' })
  linkSdk(dir)
  const { status, stdout } = spawnSync(
    process.execPath,
    ['--conditions=gururmm-source', '--test-reporter=tap', 'index.test.js'],
    {
      cwd: dir,
      encoding: 'utf8',
      env: { ...process.env, TAP: '' },
    },
  )
  t.equal(status, 0, stdout)
  t.match(stdout, /# pass 1/)
})

function codeOf(text: string): string[] {
  return [...text.matchAll(/```js\n(.*?)```/gs)].map(([, code = '']) => code)
}

/** As if it were installed, its entries pointed at the sources: a test needs no build. */
function linkSdk(dir: string): void {
  const sdk = join(dir, 'node_modules/@gururmm/plugin-sdk')
  mkdirSync(sdk, { recursive: true })
  const { name, type } = JSON.parse(readFileSync(join(root, 'plugin-sdk/package.json'), 'utf8')) as Record<
    string,
    string
  >
  writeFileSync(join(sdk, 'index.js'), `export * from ${JSON.stringify(join(root, 'plugin-sdk/index.ts'))}`)
  writeFileSync(join(sdk, 'testing.js'), `export * from ${JSON.stringify(join(root, 'core/testing/index.ts'))}`)
  writeFileSync(
    join(sdk, 'package.json'),
    JSON.stringify({ name, type, exports: { '.': './index.js', './testing': './testing.js' } }),
  )
}
