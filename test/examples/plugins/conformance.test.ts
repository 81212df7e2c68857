import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'tap'
import { examples } from './example-plugins.ts'

/** What holds for every example plugin; it runs over whatever is in examples/plugins. */
test('there are examples, one of them in plain JavaScript', async (t) => {
  const manifests = examples.map(({ folder }) => readFileSync(join(folder, 'gururmm.plugin.json'), 'utf8'))
  t.ok(manifests.length >= 3)
  t.ok(manifests.some((text) => text.includes('"./index.js"')))
})

for (const { folder, file, plugin, text } of examples) {
  const name = basename(folder)
  test(`${name}: the folder has the plugin’s name`, async (t) => {
    t.equal(name.replaceAll('-', '_'), plugin.name)
  })

  test(`${name}: the manifest is what the code says`, async (t) => {
    t.equal(readFileSync(file, 'utf8'), text, 'npm run generate writes it anew')
  })

  test(`${name}: everything of its config and its inputs is described`, async (t) => {
    const inputs = Object.values(plugin.commands).map(({ schemas }) => schemas.input)
    for (const schema of [plugin.configSchema, ...inputs]) {
      for (const [key, value] of Object.entries((schema?.properties ?? {}) as Record<string, object>)) {
        t.match(value, { description: /^.{10,}\.$/ }, key)
      }
    }
  })

  test(`${name}: its README tells permissions and an example, and the list of examples names it`, async (t) => {
    const readme = readFileSync(join(folder, 'README.md'), 'utf8')
    t.match(readme, /## Permissions/)
    t.match(readme, /## Config/)
    t.match(readme, /## An example/)
    t.match(readFileSync(join(folder, '../README.md'), 'utf8'), `](${name}/README.md)`)
  })
}
