import { compileSchema, type SchemaFormat, type SchemaProblem } from '../schema/index.ts'
import { positionOfKey } from './json-text.ts'
import type { KeySchema } from './keys.ts'
import { isObject } from './merge.ts'
import type { ConfigProblem } from './problems.ts'
import { configSchema } from './schema.ts'

const FORMATS: Readonly<Record<string, SchemaFormat>> = {
  path: { expected: 'a path', apply: (text) => (text === '' || text.includes('\0') ? undefined : text) },
  'websocket-url': {
    expected: 'an address like `wss://rmm.example.com/agent`, without user, password or `#`',
    apply: (text) => (isWebSocketUrl(text) ? text : undefined),
  },
}

/** Checks a whole config and fills in the defaults. */
export const validateConfig = compileSchema(configSchema, { defaults: true, formats: FORMATS })

/** What is wrong with one value; undefined: nothing. */
export function checkValue(schema: KeySchema, value: unknown): SchemaProblem | undefined {
  const checked = compileSchema(schema, { formats: FORMATS })(value)
  return 'problem' in checked ? checked.problem : undefined
}

/**
 * Everything that is wrong with what the file says, each with its place. For people, after {@link validateConfig} refused: it compiles a
 * schema for each key, because a check ends at its first finding.
 */
export function findProblems(file: string, text: string, value: unknown): readonly ConfigProblem[] {
  return problemsOf(withoutServerRequired(configSchema), value, []).map(({ keys, ...problem }) => {
    const at = positionOfKey(text, keys)
    return { source: file, ...at, ...problem }
  })
}

type KeyProblem = Pick<ConfigProblem, 'path' | 'expected' | 'found' | 'message'> & { readonly keys: readonly string[] }

function problemsOf(schema: KeySchema, value: unknown, above: readonly string[]): KeyProblem[] {
  if (!isObject(value) || !describesKeys(schema)) return problemOf(schema, value, above)
  const { required = [], ...loose } = schema
  const missing = required.filter((key) => !Object.hasOwn(value, key))
  return [
    ...missing.flatMap((key) => problemOf({ ...loose, required: [key] }, {}, above)),
    ...Object.entries(value).flatMap(([key, inner]) => keyProblems(loose, key, inner, above)),
  ]
}

/** Checked as if it were alone, so that each key has its own finding. */
function keyProblems(schema: KeySchema, key: string, value: unknown, above: readonly string[]): KeyProblem[] {
  const keys = [...above, key]
  const known = schema.properties?.[key] ?? schema.additionalProperties
  if (!isObject(known) || !isObject(value) || !describesKeys(known))
    return problemOf(schema, { [key]: value }, above, keys)
  const badName = schema.propertyNames === undefined ? [] : problemOf(namesOnly(schema), { [key]: value }, above, keys)
  return [...badName, ...problemsOf(known, value, keys)]
}

function problemOf(schema: KeySchema, value: unknown, above: readonly string[], keys = above): KeyProblem[] {
  const problem = checkValue(schema, value)
  if (problem === undefined) return []
  const { expected, found, message } = problem
  const path = `${above.join('.')}${problem.path}`.replace(/^\./, '')
  return [{ keys, path, expected, found, message: `${path === '' ? 'the config' : path} ${message}` }]
}

function describesKeys({ properties, additionalProperties }: KeySchema): boolean {
  return properties !== undefined || isObject(additionalProperties)
}

function namesOnly({ propertyNames }: KeySchema): KeySchema {
  return { type: 'object', propertyNames }
}

/** One layer may lack what another brings, so only the whole can miss the server's address. */
function withoutServerRequired(schema: KeySchema): KeySchema {
  const { required: _, ...root } = schema
  const { required: __, ...server } = schema.properties?.server ?? {}
  return { ...root, properties: { ...root.properties, server } }
}

function isWebSocketUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password } = new URL(text)
  return ['ws:', 'wss:'].includes(protocol) && username === '' && password === '' && !text.includes('#')
}
