/** An object of JSON. */
export type JsonObject = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Lays `over` upon `base`: objects merge key by key, everything else (lists too) is replaced. Neither is changed. */
export function merge(base: JsonObject, over: JsonObject): JsonObject {
  const merged: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(over)) {
    const below = Object.hasOwn(base, key) ? base[key] : undefined
    merged[key] = isObject(below) && isObject(value) ? merge(below, value) : value
  }
  return merged
}

/** `value` at the dotted key, as the object that holds nothing else: `nest(['log', 'level'], 'debug')`. */
export function nest(keys: readonly string[], value: unknown): JsonObject {
  return keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as JsonObject
}

/** The value at the keys; undefined where there is none. */
export function valueAt(value: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((at, key) => (isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined), value)
}

/** Freezes the value and all within it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) deepFreeze(inner)
  }
  return value
}
