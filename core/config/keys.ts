import { configSchema } from './schema.ts'

/** A key that holds one value (not an object), so that an environment variable or a flag can set it. */
export interface ScalarKey {
  /** Dotted, e.g. `server.tokenFile`. */
  readonly name: string
  readonly keys: readonly string[]
  readonly schema: KeySchema
}

/** What is read of a key's schema here and by the docs. */
export interface KeySchema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly format?: string
  readonly required?: readonly string[]
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, KeySchema>>
  readonly additionalProperties?: KeySchema | boolean
  readonly [keyword: string]: unknown
}

/** Plugins and sites are the policy: only the file says them. `$schema` is for editors. */
const FILE_ONLY = ['plugins', 'sites', '$schema']

/** Every key that the environment and flags can set, in the order of the schema. */
export const SCALAR_KEYS: readonly ScalarKey[] = scalarKeys(configSchema, [])

function scalarKeys(schema: KeySchema, above: readonly string[]): ScalarKey[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => {
    const keys = [...above, key]
    if (above.length === 0 && FILE_ONLY.includes(key)) return []
    return inner.properties === undefined ? [{ name: keys.join('.'), keys, schema: inner }] : scalarKeys(inner, keys)
  })
}

/** Whether the key may be null. */
export function isNullable({ type }: KeySchema): boolean {
  return Array.isArray(type) && type.includes('null')
}
