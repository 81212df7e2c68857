/** Longer texts in a line are foreign ones; what matters of them is at the beginning. In UTF-16 units. */
const MAX_LENGTH = 2_000

/** Deeper fields are cut off whole. */
const MAX_DEPTH = 4

/** The text, cut where it is too long for a line of the log. */
export function cutText(text: string): string {
  return text.length <= MAX_LENGTH
    ? text
    : `${text.slice(0, MAX_LENGTH).toWellFormed()}… (${text.length - MAX_LENGTH} more)`
}

/** A line's fields with every text cut; what is no plain value (an error, a date) is left to its serializer. */
export function cutFields(fields: Record<string, unknown>): Record<string, unknown> {
  return cut(fields, 0) as Record<string, unknown>
}

function cut(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return cutText(value)
  if (typeof value !== 'object' || value === null || value instanceof Error) return value
  if (depth === MAX_DEPTH) return '…'
  if (Array.isArray(value)) return value.map((item) => cut(item, depth + 1))
  if (Object.getPrototypeOf(value) !== Object.prototype && depth > 0) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, cut(inner, depth + 1)]))
}

/**
 * Writes characters that move a terminal's cursor, turn its text around or cannot be seen as JSON escapes; `JSON.stringify` does so only
 * below U+0020. The line stays the same JSON.
 */
export function escapeOddCharacters(line: string): string {
  return line.replaceAll(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, (odd) =>
    odd
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}

/** Shows characters that a terminal would obey or hide as `\u{…}`. */
export function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (odd) => `\\u{${odd.codePointAt(0)?.toString(16)}}`)
}
