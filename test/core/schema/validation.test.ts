import { test } from 'tap'
import { compileSchema, type SchemaOptions, type SchemaProblem } from '../../../core/schema/validation.ts'

function problemOf(schema: object, value: unknown, options?: SchemaOptions): SchemaProblem {
  const checked = compileSchema(schema, options)(value)
  if ('value' in checked) throw new Error('the value was accepted')
  return checked.problem
}

const settings = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 200 },
    retries: { type: 'integer', minimum: 0, default: 3 },
    file: { anyOf: [{ type: 'string', format: 'path' }, { type: 'null' }], default: null },
    env: { type: 'object', propertyNames: { pattern: '^[A-Z]+$' }, additionalProperties: { type: 'string' } },
    items: {
      type: 'array',
      maxItems: 2,
      items: { type: 'object', required: ['id'], properties: { id: { type: 'string' } } },
    },
    shape: {
      anyOf: [
        { type: 'object', required: ['kind'], properties: { kind: { const: 'round' }, size: { type: 'number' } } },
        { type: 'object', required: ['kind'], properties: { kind: { const: 'flat' } } },
        { type: 'string' },
      ],
    },
  },
}
const formats = {
  path: { expected: 'a path', apply: (value: string) => (value.includes('\0') ? undefined : `/base/${value}`) },
}

test('a value that fits comes back, and is not copied where nothing may change it', async (t) => {
  const value = { a: 1 }
  t.equal((compileSchema({ type: 'object' })(value) as { value: unknown }).value, value)
})

test('defaults are filled in on a copy', async (t) => {
  const given = { name: 'x' }
  const checked = compileSchema(settings, { defaults: true, formats })(given)
  t.same(checked, { value: { name: 'x', retries: 3, file: null } })
  t.same(given, { name: 'x' })
})

test('a format may replace what it checks, also behind an anyOf', async (t) => {
  t.same(compileSchema(settings, { formats })({ name: 'x', file: 'f' }), { value: { name: 'x', file: '/base/f' } })
  t.match(problemOf(settings, { name: 'x', file: '\0' }, { formats }), { path: '.file', expected: 'a path' })
})

test('a problem names path, expected and found', async (t) => {
  const cases: [unknown, Partial<SchemaProblem>][] = [
    [3, { path: '', expected: 'an object', found: '3' }],
    [{}, { path: '.name', expected: 'text', found: 'nothing' }],
    [{ name: '' }, { path: '.name' }],
    [
      { name: 'x', retries: 'y' },
      { path: '.retries', expected: 'an integer', found: '"y"' },
    ],
    [
      { name: 'x', retries: -1 },
      { path: '.retries', expected: 'an integer of at least 0', found: '-1' },
    ],
    [
      { name: 'x', file: 3 },
      { path: '.file', expected: 'text or null', found: '3' },
    ],
    [
      { name: 'x', items: [{ id: 'a' }, { id: 4 }] },
      { path: '.items[1].id', expected: 'text', found: '4' },
    ],
    [
      { name: 'x', env: { 'a.b': 'c' } },
      { path: '.env["a.b"]', found: '"a.b"' },
    ],
    [
      { name: 'x', shape: { kind: 'odd' } },
      { path: '.shape.kind', expected: '"round" or "flat"', found: '"odd"' },
    ],
    [
      { name: 'x', shape: { kind: 'round', size: 'big' } },
      { path: '.shape.size', expected: 'a number' },
    ],
    [
      { name: 'x', shape: 4 },
      { path: '.shape', expected: 'an object or text' },
    ],
  ]
  for (const [value, expected] of cases)
    t.match(problemOf(settings, value, { formats }), expected, JSON.stringify(value))
})

test('an unknown key is answered with the nearest known one, else with all of them', async (t) => {
  t.match(problemOf(settings, { name: 'x', retry: 1 }, { formats }), { path: '.retry', message: /"retries"/ })
  t.match(problemOf(settings, { name: 'x', zzzzzzz: 1 }, { formats }), { path: '.zzzzzzz', message: /name, retries/ })
})

test('foreign values are cut, and hold nothing that moves a cursor or turns the text around', async (t) => {
  const { message } = problemOf(settings, { name: `\u001b[2J\u202e${'x'.repeat(5000)}` }, { formats })
  t.ok(message.length < 200)
  t.notMatch(message, /[\p{Cc}\p{Cf}]/u)
})

test('names from Object.prototype do not count as given', async (t) => {
  const schema = { type: 'object', required: ['constructor'], properties: { constructor: { type: 'string' } } }
  t.match(problemOf(schema, {}), { path: '.constructor' })
})

test('a schema that is wrong throws at the first use', async (t) => {
  const wrong = [
    { type: 'object', propertis: {} },
    { type: 'object', properties: { a: { type: 'string', minLength: 'x' } } },
    { type: 'object', properties: { a: { type: 'string', format: 'unheard-of' } } },
    { type: 'objekt' },
  ]
  for (const schema of wrong) t.throws(() => compileSchema(schema)({}), TypeError, JSON.stringify(schema))
})
