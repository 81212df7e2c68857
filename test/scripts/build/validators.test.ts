import { createRequire } from 'node:module'
import t from 'tap'
import { type Precompiled, schemaKey } from '../../../core/schema/precompiled.ts'
import { compileSchema, type SchemaFormat, validatorOf } from '../../../core/schema/validation.ts'
import { withoutReasons } from '../../../scripts/build/lean-check.ts'
import { checkCode, type KnownSchema, knownSchemas } from '../../../scripts/build/validators.ts'

const require = createRequire(import.meta.url)

/** Any name is a format here, which turns what it checks into capitals and refuses `bad`. */
const formats = new Proxy<Record<string, SchemaFormat>>(
  {},
  {
    getOwnPropertyDescriptor: () => ({ configurable: true, enumerable: true }),
    get: () => ({
      expected: 'a good text',
      apply: (text: string) => (text === 'bad' ? undefined : text.toUpperCase()),
    }),
  },
)

/** The check that the build makes of a schema, as the agent calls it. */
function built(known: KnownSchema) {
  const code = checkCode(known)
  const entry = `{ fits: ${withoutReasons(code)}, explain: ${code} }`
  const precompiled: Precompiled = new Function('require', `return ${entry}`)(require)
  return validatorOf(() => precompiled, optionsOf(known))
}

function optionsOf(known: KnownSchema) {
  return { defaults: known.defaults, ...(known.formats ? { formats } : {}) }
}

/** Values around what a schema accepts: each property left out, of another type, and one too many. */
function* valuesAround(schema: unknown, depth = 0): Generator<unknown> {
  yield* [null, 7, -1, 2.5, true, 'text', 'bad', '', [], ['text'], {}, { toString: 1 }]
  const { properties, items, anyOf, oneOf } = (schema ?? {}) as Record<string, object>
  for (const branch of [...((anyOf ?? []) as object[]), ...((oneOf ?? []) as object[])])
    yield* valuesAround(branch, depth)
  if (items !== undefined && depth < 4) for (const item of valuesAround(items, depth + 1)) yield [item]
  if (properties === undefined || depth > 4) return
  const good = Object.fromEntries(Object.entries(properties).map(([key, inner]) => [key, sampleOf(inner)]))
  yield* [good, { ...good, oneTooMany: 1 }]
  for (const [key, inner] of Object.entries(properties)) {
    const { [key]: _, ...without } = good
    yield without
    for (const value of valuesAround(inner, depth + 1)) yield { ...good, [key]: value }
  }
}

function sampleOf(schema: unknown): unknown {
  const { type, enum: choices, const: only, properties = {}, default: preset } = schema as Record<string, never>
  if (preset !== undefined) return preset
  if (only !== undefined) return only
  if (choices !== undefined) return choices[0]
  const kind = Array.isArray(type) ? type[0] : type
  if (kind === 'object')
    return Object.fromEntries(Object.entries(properties).map(([key, inner]) => [key, sampleOf(inner)]))
  return { string: 'text', integer: 1, number: 1.5, boolean: true, array: [], null: null }[String(kind)]
}

t.test('each check made by the build answers as the one made at run time', async (t) => {
  const schemas = await knownSchemas()
  t.not(schemas.length, 0)
  for (const known of schemas) {
    const fromBuild = built(known)
    const fromAjv = compileSchema(known.schema, optionsOf(known))
    let count = 0
    const differing = [...valuesAround(known.schema)].filter((value) => {
      count++
      return JSON.stringify(fromBuild(value)) !== JSON.stringify(fromAjv(value))
    })
    t.strictSame(differing.slice(0, 3), [], `${schemaKey(known.schema, known)}, ${count} values`)
  }
})
