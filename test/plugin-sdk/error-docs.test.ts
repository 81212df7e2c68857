import { readdirSync, readFileSync } from 'node:fs'
import { ERROR_CODES } from '@gururmm/plugin-sdk'
import t from 'tap'
import { errorDocs } from '../../scripts/error-docs.ts'

const root = new URL('../../', import.meta.url)

t.test('docs/errors.md is what the table says', async (t) => {
  t.equal(readFileSync(new URL('docs/errors.md', root), 'utf8'), errorDocs(), 'run `npm run generate`')
})

t.test('every code of the table is used, and every entry says what helps', async (t) => {
  const sources = ['core', 'plugins', 'plugin-sdk']
    .flatMap((room) =>
      readdirSync(new URL(room, root), { recursive: true, encoding: 'utf8' }).map((file) => `${room}/${file}`),
    )
    .filter((file) => file.endsWith('.ts') && !file.endsWith('error-codes.ts') && !file.includes('node_modules'))
    .map((file) => readFileSync(new URL(file, root), 'utf8'))
    .join('\n')
  for (const [code, { meaning, remedy }] of Object.entries(ERROR_CODES)) {
    t.ok(sources.includes(`'${code}'`), `${code} is used`)
    t.match(meaning, /\.$/, code)
    t.match(remedy, /\.$/, code)
  }
})
