import { readFileSync } from 'node:fs'
import t from 'tap'
import { declarationsIn } from '../../scripts/api-docs/declarations.ts'
import { apiDocs, exportsOf } from '../../scripts/api-docs.ts'

const text = readFileSync(new URL('../../docs/plugin-api.md', import.meta.url), 'utf8')

t.test('docs/plugin-api.md is what the comments say', async (t) => {
  t.equal(text, apiDocs(), 'run `npm run generate`')
})

t.test('every export of the SDK stands in it, with what its comment says', async (t) => {
  const names = exportsOf('index.ts')
  t.ok(names.length > 30)
  for (const name of names) t.match(text, `\n### ${name}\n`, name)
  for (const name of ['testPlugin', 'PluginTest', 'TestResult']) t.match(text, `\n### ${name}\n`, name)
  t.match(text, 'called once after the last command ended; safe without, and after a failed, setup.')
  t.match(
    text,
    /`run\(program: string, args: readonly string\[\], options\?: RunOptions\): Run`\\\n {2}Starts a program/,
  )
  t.notMatch(text, /\{@link|^@\w/m)
})

t.test('a declaration is read with its comment and members, whatever lies between', async (t) => {
  const [one, two] = declarationsIn(
    [
      "import x from 'y'",
      '',
      '/** Of nothing. */',
      'const hidden = 1',
      '',
      '/**',
      ' * What it is.',
      ' *',
      ' * @throws never.',
      ' */',
      'export interface One {',
      '  /** A list. */',
      '  readonly list: {',
      '    readonly inner: string',
      '  }',
      '  plain(): void',
      '}',
      '',
      'export function two(',
      '  a: string,',
      '): { b: string } {',
      '  return { b: a }',
      '}',
    ].join('\n'),
  )
  t.match(one, { name: 'One', comment: 'What it is.\n\n@throws never.', code: 'export interface One' })
  t.match(one?.members, [
    { name: 'list', comment: 'A list.', code: 'readonly list: {\n  readonly inner: string\n}' },
    { name: 'plain', comment: '', code: 'plain(): void' },
  ])
  t.match(two, { name: 'two', comment: '', code: 'export function two(\n  a: string,\n): { b: string }' })
})
