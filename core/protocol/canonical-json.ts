import { hash } from 'node:crypto'

/**
 * The one JSON text of a value, whatever the order its keys came in. Written by hand because RFC 8785 libraries refuse lone
 * surrogates, which a frame may hold; the text is only ever compared with our own.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

/** `sha256-` and the hex digest of the value's canonical JSON. */
export function digestOf(value: unknown): string {
  return `sha256-${hash('sha256', canonicalJson(value), 'hex')}`
}
