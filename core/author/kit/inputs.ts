/** What is read of a schema here; anything else of it the validator judges. */
interface Schema {
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly minLength?: number
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly minItems?: number
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
}

/** An input that a kit tries, and what is odd about it. */
export interface OddInput {
  readonly what: string
  readonly input: unknown
}

/** Values that fit some schemas and not others, and that handlers forget. */
const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  '',
  ' ',
  'x'.repeat(70_000),
  '../../../../etc/passwd',
  '$(id) `id` ; id & id | id',
  '--help',
  'nul\0byte',
  'line\nend\u001b[2J\u202e',
  'Grüße 漢字 👩‍💻 \ud83d',
  0,
  -1,
  0.5,
  1e308,
  2 ** 53,
  [],
  ['x', 'x'],
  [null],
  {},
]

const MAX_DEPTH = 3

/** A small value that the schema most likely accepts. */
export function sampleOf(schema: Schema, depth = 0): unknown {
  const { examples, enum: choices } = schema
  if (schema.const !== undefined) return schema.const
  if (schema.default !== undefined) return schema.default
  if (examples?.length) return examples[0]
  if (choices?.length) return choices[0]
  const branch = schema.anyOf?.[0] ?? schema.oneOf?.[0]
  if (branch !== undefined) return sampleOf(branch, depth + 1)
  switch ([schema.type].flat()[0]) {
    case 'string':
      return 'a'.repeat(schema.minLength ?? 1)
    case 'number':
    case 'integer':
      return schema.minimum ?? (schema.exclusiveMinimum === undefined ? 1 : schema.exclusiveMinimum + 1)
    case 'boolean':
      return false
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => sampleOf(schema.items ?? {}, depth + 1))
    case 'null':
      return null
    default:
      return depth > MAX_DEPTH ? {} : sampleObject(schema, depth)
  }
}

function sampleObject({ required = [], properties = {} }: Schema, depth: number): object {
  return Object.fromEntries(required.map((key) => [key, sampleOf(properties[key] ?? {}, depth + 1)]))
}

/** Inputs made of a good one, each odd in one place. Which of them are valid the schema says. */
export function oddInputs(schema: Schema, good: object): readonly OddInput[] {
  const whole = [null, [], 'text', 1].map((input) => ({ what: `the whole input is ${show(input)}`, input }))
  const strange = [
    { what: 'an unknown key', input: { ...good, [unusedKey(schema)]: 'x' } },
    {
      what: 'a key named __proto__',
      input: JSON.parse(`{"__proto__":{"polluted":true},${JSON.stringify(good).slice(1)}`.replace(',}', '}')),
    },
    { what: 'a key named constructor', input: { ...good, constructor: { prototype: { polluted: true } } } },
  ]
  return [...whole, ...strange, ...oddIn(schema, good, [], (changed) => changed as object)]
}

/** @param put lays a changed object into the whole input. */
function oddIn(
  schema: Schema,
  good: object,
  path: readonly string[],
  put: (changed: object) => unknown,
): readonly OddInput[] {
  const { properties = {}, required = [] } = schema
  const found: OddInput[] = []
  for (const [key, inner] of Object.entries(properties)) {
    const name = [...path, key].join('.')
    if (required.includes(key)) {
      const { [key]: _, ...without } = good as Record<string, unknown>
      found.push({ what: `no \`${name}\``, input: put(without) })
    }
    for (const value of ODD_VALUES)
      found.push({ what: `\`${name}\` is ${show(value)}`, input: put({ ...good, [key]: value }) })
    if (inner.properties === undefined || path.length >= MAX_DEPTH) continue
    const below = (good as Record<string, unknown>)[key] ?? sampleOf(inner)
    if (typeof below !== 'object' || below === null) continue
    found.push(...oddIn(inner, below, [...path, key], (changed) => put({ ...good, [key]: changed })))
  }
  return found
}

function unusedKey({ properties = {} }: Schema): string {
  let key = 'unknown_key'
  while (Object.hasOwn(properties, key)) key += '_'
  return key
}

function show(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > 40 ? `${text.slice(0, 30)}… (${text.length} characters)` : text
}
