import { Command } from 'commander'
import t from 'tap'
import { flagsOf, textOf } from '../../../core/cli/schema-flags.ts'

/** What the arguments give as input, by the flags of a schema with these properties. */
function read(properties: object, args: readonly string[]): Record<string, unknown> {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => {} })
  const flags = flagsOf({ type: 'object', properties })
  for (const option of flags.flatMap(({ options }) => options)) command.addOption(option)
  const values = command.parse([...args], { from: 'user' }).opts()
  return Object.fromEntries(flags.map(({ property, key }) => [property, values[key]]))
}

t.test('snake_case and camelCase names become one kind of flag, and keep their property', async (t) => {
  const properties = {
    working_directory: { type: 'string' },
    contextFiles: { type: 'string' },
    HTTPPort: { type: 'integer' },
  }
  const args = ['--working-directory', '/x', '--context-files', 'a', '--http-port', '80']
  t.same(read(properties, args), { working_directory: '/x', contextFiles: 'a', HTTPPort: 80 })
})

t.test('two properties that would have one flag both get one, and none takes the place of --help', async (t) => {
  const properties = { a_b: { type: 'string' }, aB: { type: 'string' }, help: { type: 'string' } }
  const flags = flagsOf({ type: 'object', properties }).map(({ options }) => options[0]?.long)
  t.equal(new Set(flags).size, 3)
  t.same(flags.slice(0, 2), ['--a-b', '--aB'])
})

t.test('texts stay texts, numbers are numbers, and what is none is refused', async (t) => {
  t.same(read({ s: { type: 'string' } }, ['--s', '42']), { s: '42' })
  t.same(read({ n: { type: 'number' } }, ['--n', '-1.5']), { n: -1.5 })
  t.throws(() => read({ n: { type: 'number' } }, ['--n', 'many']), { code: 'commander.invalidArgument' })
  t.throws(() => read({ n: { type: 'integer' } }, ['--n', '']), { code: 'commander.invalidArgument' })
})

t.test('booleans are switched on and off, and left open', async (t) => {
  const properties = { dry_run: { type: 'boolean' } }
  t.same(read(properties, ['--dry-run']), { dry_run: true })
  t.same(read(properties, ['--no-dry-run']), { dry_run: false })
  t.same(read(properties, []), { dry_run: undefined })
})

t.test('lists take a flag for each item, in their order', async (t) => {
  const properties = {
    files: { type: 'array', items: { type: 'string' } },
    ports: { type: ['array', 'null'], items: { type: 'integer' } },
  }
  t.same(read(properties, ['--files', 'b', '--ports', '1', '--files', 'a', '--ports', '2']), {
    files: ['b', 'a'],
    ports: [1, 2],
  })
})

t.test('choices are held, whatever their type', async (t) => {
  const properties = { mode: { enum: ['fast', 'slow'] }, level: { enum: [1, 2, null] }, only: { const: true } }
  t.same(read(properties, ['--mode', 'slow', '--level', '2', '--only', 'true']), { mode: 'slow', level: 2, only: true })
  t.throws(() => read(properties, ['--mode', 'medium']), { code: 'commander.invalidArgument', message: /fast, slow/ })
})

t.test('objects and what has no single type are given as JSON', async (t) => {
  const properties = {
    map: { type: 'object' },
    any: {},
    mixed: { type: ['string', 'number'] },
    list: { type: 'array' },
  }
  const args = ['--map', '{"a":1}', '--any', '[1]', '--mixed', '"x"', '--list', '{"b":2}', '--list', 'null']
  t.same(read(properties, args), { map: { a: 1 }, any: [1], mixed: 'x', list: [{ b: 2 }, null] })
  t.throws(() => read(properties, ['--map', '{']), { code: 'commander.invalidArgument' })
})

t.test('a value that may be null is given as the value; its absence says null', async (t) => {
  const properties = { a: { type: ['string', 'null'] }, b: { anyOf: [{ type: 'integer' }, { type: 'null' }] } }
  t.same(read(properties, ['--a', 'null', '--b', '3']), { a: 'null', b: 3 })
})

t.test('the property that the text fills is no flag', async (t) => {
  const schema = { type: 'object', properties: { command: { type: 'string', description: 'The line.' } } } as const
  t.same(flagsOf(schema), [])
  t.same(textOf(schema), { property: 'command', description: 'The line.' })
  t.equal(textOf({ type: 'object' }), undefined)
})

t.test('without `command`, the text fills the only required property, where that is text', async (t) => {
  const properties = { a: { type: 'string' }, n: { type: 'integer' }, e: { enum: ['x', 'y'] } } as const
  const textWith = (...required: string[]) => textOf({ type: 'object', properties, required })
  t.match(textWith('a'), { property: 'a' })
  for (const required of [[], ['n'], ['e'], ['a', 'n'], ['missing']]) t.equal(textWith(...required), undefined)
  t.match(textOf({ type: 'object', properties: { ...properties, command: {} }, required: ['a'] }), {
    property: 'command',
  })
})

t.test('the help tells what is required', async (t) => {
  const [flag] = flagsOf({
    type: 'object',
    required: ['task'],
    properties: { task: { type: 'string', description: 'What to do.' } },
  })
  t.equal(flag?.options[0]?.description, 'What to do. (required)')
})

t.test('what a stranger wrote as a description moves no terminal', async (t) => {
  const schema = { type: 'object', properties: { a: { type: 'string', description: 'x\u001b[2J' } } } as const
  t.equal(flagsOf(schema)[0]?.options[0]?.description, 'x\\u{1b}[2J')
  t.equal(textOf({ type: 'object', properties: { command: { description: '\u202ex' } } })?.description, '\\u{202e}x')
})
