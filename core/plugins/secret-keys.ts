import { keyPathOf } from '../schema/index.ts'

/** Deeper nobody nests a config; a schema of a stranger may. */
const MAX_DEPTH = 16

type Path = readonly (string | number)[]

/** Every text in a config, and where it stands. */
export function textsIn(value: unknown, path: Path = []): readonly { readonly path: Path; readonly value: string }[] {
  if (typeof value === 'string') return [{ path, value }]
  if (typeof value !== 'object' || value === null || path.length > MAX_DEPTH) return []
  const entries: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
    ? value.map((item, index) => [index, item] as const)
    : Object.entries(value)
  return entries.flatMap(([key, inner]) => textsIn(inner, [...path, key]))
}

/** Whether a schema says of a place that it names a secret file; found by its plain keywords, without compiling it. */
export function marksSecret(schema: unknown, path: Path, depth = 0): boolean {
  if (typeof schema !== 'object' || schema === null || depth > MAX_DEPTH) return false
  const { format, properties, items, additionalProperties, anyOf, oneOf, allOf } = schema as Record<string, unknown>
  const [key, ...rest] = path
  if (key === undefined && format === 'secret-file') return true
  const own = typeof properties === 'object' && properties !== null ? (properties as Record<string, unknown>) : {}
  const below = key === undefined ? [] : [Object.hasOwn(own, key) ? own[key] : additionalProperties, items]
  const beside = [anyOf, oneOf, allOf].flatMap((list) => (Array.isArray(list) ? list.slice(0, 16) : []))
  return (
    below.some((inner) => marksSecret(inner, rest, depth + 1)) ||
    beside.some((inner) => marksSecret(inner, path, depth + 1))
  )
}

/** As the schema room names a place: `smtp.passwordFile`, `accounts[0].tokenFile`. */
export function keyOf(path: Path): string {
  const pointer = path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
  return keyPathOf(pointer).replace(/^\./, '')
}
