/**
 * Text that an agent reports is a stranger's: a machine someone broke into chooses its own host name. It is bounded and freed of what
 * terminals and log readers act on when it comes in, and once more where output is printed.
 */

// Control characters (C0, DEL, C1), zero-width and text-direction marks, line separators.
const UNPRINTABLE = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu

const MAX_TEXT = 256
const MAX_ITEMS = 256

/** One line, at most `max` UTF-16 units, with U+FFFD in place of what does not print. */
export function plainText(text: string, max: number = MAX_TEXT): string {
  return text.slice(0, max).toWellFormed().replace(UNPRINTABLE, '\ufffd')
}

/** A copy of JSON data that an agent says of itself: every string as {@link plainText}, lists and objects cut after 256 entries. */
export function plainData<T>(value: T): T
export function plainData(value: unknown): unknown {
  if (typeof value === 'string') return plainText(value)
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => plainData(item))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).slice(0, MAX_ITEMS)
  return Object.fromEntries(entries.map(([key, item]) => [plainText(key), plainData(item)]))
}

/** A program's output for a terminal: line ends and tabs stay, escape sequences and other controls show as U+FFFD. */
export function printableOutput(output: string): string {
  return output
    .replaceAll('\r\n', '\n')
    .replace(UNPRINTABLE, (mark) => (mark === '\n' || mark === '\t' ? mark : '\ufffd'))
}
