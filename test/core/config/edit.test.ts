import { chmod, readdir, readFile, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { setPluginEnabled } from '../../../core/config/index.ts'

const TEXT = `{
    "server":   { "url": "wss://x" },

    "plugins": {
        "shell": { "enabled": true, "config": {} } }
}
`

function fixture(t: Test, text = TEXT): string {
  return join(t.testdir({ 'agent.config.json': text }), 'agent.config.json')
}

t.test('switching a plugin changes its value and nothing else of the text', async (t) => {
  const file = fixture(t)
  const { config } = await setPluginEnabled({ file, env: {} }, { plugin: 'shell', enabled: false })
  t.equal(config.plugins.shell?.enabled, false)
  t.equal(await readFile(file, 'utf8'), TEXT.replace('"enabled": true', '"enabled": false'))
})

t.test('a site’s switch is made where it is missing, indented as the file is', async (t) => {
  const file = fixture(t)
  const change = { plugin: 'shell', enabled: false, site: 'clinic' }
  const { config } = await setPluginEnabled({ file, env: {} }, change)
  t.equal(config.plugins.shell?.enabled, true, 'this agent is at another site')
  const text = await readFile(file, 'utf8')
  t.same(JSON.parse(text).sites, { clinic: { plugins: { shell: { enabled: false } } } })
  t.ok(text.startsWith(TEXT.trimEnd().slice(0, -2)), 'what stood before still stands')
  t.match(text, /\n {4}"sites": \{\n {8}"clinic"/)
})

t.test(
  'the file keeps its mode, and stays a link where it was one',
  { skip: process.platform === 'win32' },
  async (t) => {
    const file = fixture(t)
    await chmod(file, 0o640)
    const link = join(t.testdirName, 'link.json')
    await symlink('agent.config.json', link)
    await setPluginEnabled({ file: link, env: {} }, { plugin: 'shell', enabled: false })
    t.equal((await stat(file)).mode & 0o777, 0o640)
    t.match(await readFile(file, 'utf8'), /"enabled": false/)
    t.same((await readdir(t.testdirName)).sort(), ['agent.config.json', 'link.json'], 'nothing else is left')
  },
)

t.test('a file that is no valid config is not touched', async (t) => {
  for (const text of ['{ "server": { "url": "wss://x" }, }', '{ "server": { "url": "wss://x" }, "logg": {} }']) {
    const file = fixture(t, text)
    await t.rejects(setPluginEnabled({ file, env: {} }, { plugin: 'shell', enabled: true }), { code: /^CONFIG_/ })
    t.equal(await readFile(file, 'utf8'), text)
  }
})

t.test('a name that no plugin or site can have is refused before anything is written', async (t) => {
  const file = fixture(t)
  for (const change of [{ plugin: '__proto__' }, { plugin: 'a b' }, { plugin: 'shell', site: '../x' }]) {
    await t.rejects(setPluginEnabled({ file, env: {} }, { ...change, enabled: true }), { code: /^CONFIG_/ })
  }
  t.equal(await readFile(file, 'utf8'), TEXT)
})
