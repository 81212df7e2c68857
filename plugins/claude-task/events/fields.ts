/** A JSON object of which nothing is known yet. */
export type Fields = Readonly<Record<string, unknown>>

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object under `key`; an empty one where there is none. */
export function fieldsOf(from: Fields, key: string): Fields {
  const value = from[key]
  return isFields(value) ? value : {}
}

/** The objects in the list under `key`. */
export function listOf(from: Fields, key: string): readonly Fields[] {
  const value = from[key]
  return Array.isArray(value) ? value.filter(isFields) : []
}

export function textOf(from: Fields, key: string): string | null {
  const value = from[key]
  return typeof value === 'string' ? value : null
}

/** The number under `key`; `fallback` where there is none or it is not finite. */
export function numberOf<F>(from: Fields, key: string, fallback: F): number | F {
  const value = from[key]
  return typeof value === 'number' && Number.isFinite(value) ? value : fallback
}

/** The count under `key`: whole and not negative, 0 where there is none. */
export function countOf(from: Fields, key: string): number {
  return Math.max(0, Math.trunc(numberOf(from, key, 0)))
}
