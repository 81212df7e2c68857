import { chmod, readdir, readFile, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { editConfig, setPluginEnabled } from '../../../core/config/index.ts'

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

t.test('a switch is made where it is missing, laid out as the file is, and nothing else changes', async (t) => {
  const cases: [before: string, after: string][] = [
    [
      TEXT,
      TEXT.replace(
        '} }\n}',
        '} },\n    "sites": {\n        "clinic": {\n            "plugins": {\n                "shell": {\n                    "enabled": false\n                }\n            }\n        }\n    }\n}',
      ),
    ],
    [
      '{ "server": { "url": "wss://x" }, "sites": { "clinic": { "plugins": {} } } }',
      '{ "server": { "url": "wss://x" }, "sites": { "clinic": { "plugins": { "shell": { "enabled": false } } } } }',
    ],
    [
      '{\r\n\t"server": { "url": "wss://x" },\r\n\t"sites": {\r\n\t\t"clinic": {}\r\n\t}\r\n}',
      '{\r\n\t"server": { "url": "wss://x" },\r\n\t"sites": {\r\n\t\t"clinic": { "plugins": { "shell": { "enabled": false } } }\r\n\t}\r\n}',
    ],
    [
      '{\r\n\t"server": { "url": "wss://x" }, "sites": {\r\n\t}\r\n}',
      '{\r\n\t"server": { "url": "wss://x" }, "sites": {\r\n\t\t"clinic": {\r\n\t\t\t"plugins": {\r\n\t\t\t\t"shell": {\r\n\t\t\t\t\t"enabled": false\r\n\t\t\t\t}\r\n\t\t\t}\r\n\t\t}\r\n\t}\r\n}',
    ],
  ]
  for (const [before, after] of cases) {
    const file = fixture(t, before)
    await setPluginEnabled({ file, env: {} }, { plugin: 'shell', enabled: false, site: 'clinic' })
    t.equal(await readFile(file, 'utf8'), after)
    t.ok(JSON.parse(after))
  }
})

t.test('a switch for another site leaves the plugin as it is here', async (t) => {
  const { config } = await setPluginEnabled(
    { file: fixture(t), env: {} },
    { plugin: 'shell', enabled: false, site: 'clinic' },
  )
  t.equal(config.plugins.shell?.enabled, true)
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

t.test('a value of any kind is set, laid out as the file is; a key is removed with its comma', async (t) => {
  const file = fixture(t)
  const options = { file, env: {} }
  const acme = { use: './acme', permissions: { programs: ['df'] } }
  await editConfig(options, [{ path: ['plugins', 'acme'], value: acme }])
  await editConfig(options, [{ path: ['plugins', 'acme', 'permissions'], value: { network: true } }])
  const { plugins } = JSON.parse(await readFile(file, 'utf8'))
  t.same(plugins, { shell: { enabled: true, config: {} }, acme: { use: './acme', permissions: { network: true } } })
  t.match(await readFile(file, 'utf8'), '            "permissions": {\n                "network": true\n            }')

  await editConfig(options, [
    { path: ['plugins', 'acme'], value: undefined },
    { path: ['sites', 'none'], value: undefined },
  ])
  t.equal(await readFile(file, 'utf8'), TEXT)
  await editConfig(options, [{ path: ['plugins', 'shell', 'enabled'], value: undefined }])
  t.match(await readFile(file, 'utf8'), '"shell": { "config": {} } }')
  await editConfig(options, [{ path: ['plugins', 'shell'], value: undefined }])
  t.match(await readFile(file, 'utf8'), '"plugins": {}\n}')
})
