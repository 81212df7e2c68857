import type { Redactor } from '../redaction/index.ts'

/**
 * What a plugin hands over to be sent on, as plain JSON of our own with every secret masked.
 *
 * @throws where it is no JSON: a cycle, a BigInt, a getter that throws, deeper than the stack.
 */
export function cleanJson(value: unknown, redactor: Redactor): unknown {
  const text = JSON.stringify(value)
  return text === undefined ? undefined : redactDeep(JSON.parse(text), redactor)
}

function redactDeep(value: unknown, redactor: Redactor): unknown {
  if (typeof value === 'string') return redactor.redact(value.toWellFormed())
  if (Array.isArray(value)) return value.map((item) => redactDeep(item, redactor))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [redactor.redact(key), redactDeep(item, redactor)]),
  )
}
