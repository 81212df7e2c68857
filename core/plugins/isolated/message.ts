/** A message between the host and a plugin's process; `fields` is all of it. */
export type Message = { readonly fields: Readonly<Record<string, unknown>> } & (
  | { readonly answer: number }
  | { readonly call: string; readonly id: number }
  | { readonly note: string }
)

/**
 * Reads a message of a stranger. By hand, as all checks of messages here: they are few and small, and a schema would have to be compiled
 * at the start of every plugin's process.
 *
 * @returns null where it is none.
 */
export function parseMessage(line: string): Message | null {
  let fields: unknown
  try {
    fields = JSON.parse(line)
  } catch {
    return null
  }
  if (!isRecord(fields)) return null
  const { answer, call, id, note } = fields
  if (isId(answer)) return { answer, fields }
  if (typeof call === 'string' && isId(id)) return { call, id, fields }
  return typeof note === 'string' ? { note, fields } : null
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Ids count up from 1. */
export function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0
}

export function isStrings(value: unknown, most: number): value is readonly string[] {
  return Array.isArray(value) && value.length <= most && value.every((item) => typeof item === 'string')
}
