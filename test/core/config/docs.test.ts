import { readFile } from 'node:fs/promises'
import t from 'tap'
import { SCALAR_KEYS } from '../../../core/config/keys.ts'
import { variableOf } from '../../../core/config/overrides.ts'
import { configDocs } from '../../../scripts/config-docs.ts'

t.test('docs/configuration.md is what the schema makes of it', async (t) => {
  const written = await readFile(new URL('../../../docs/configuration.md', import.meta.url), 'utf8')
  t.equal(written, configDocs(), 'run `npm run generate` to write it anew')
})

t.test('every key that can be set from outside is there, with its variable', async (t) => {
  const text = configDocs()
  for (const key of SCALAR_KEYS) {
    t.match(text, `| \`${key.name}\` |`)
    t.match(text, `| \`${variableOf(key)}\` |`)
  }
})
