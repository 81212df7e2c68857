import type { ErrorObject } from 'ajv'
import { closestMatch } from 'leven'

/** Where a value departs from its schema. */
export interface SchemaProblem {
  /** From the value on, to be put behind its name: `.limits.rate.count`, `[2].id`; empty for the value itself. */
  readonly path: string
  readonly expected: string
  readonly found: string
  /** What to say behind the value's name and path, without a full stop: `must be an integer, not "three"`. */
  readonly message: string
}

type Formats = Readonly<Record<string, { readonly expected: string }>>

/** How much of a foreign value a sentence quotes. */
const MAX_QUOTED = 80

/** Turns what ajv reports (without `allErrors`, with `verbose`) into one problem: that of the branch which came furthest. */
export function describeProblem(errors: readonly ErrorObject[], formats: Formats = {}): SchemaProblem {
  const [error, ...others] = furthest(errors)
  if (error === undefined) return mustBe('', 'a value that fits the schema', 'another')
  const at = keyPathOf(error.instancePath)
  if (error.keyword === 'required') return missing(at, error)
  if (error.keyword === 'additionalProperties') return unknownKey(at, error)
  const expected = [...new Set([error, ...others].map((each) => expectation(each, formats)))].join(' or ')
  if (error.propertyName !== undefined) return badKey(at, error.propertyName, expected)
  return mustBe(at, expected, finding(error))
}

/** `/items/2/id` as `.items[2].id`. Keys that hold a dot or other odd characters are quoted: `.env["A.B"]`. */
export function keyPathOf(pointer: string): string {
  const keys = pointer.split('/').slice(1)
  return keys.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~')).reduce(keyPath, '')
}

/** A foreign value as a sentence may hold it: JSON, cut, nothing that moves a terminal's cursor or turns the text around. */
export function quoteValue(value: unknown): string {
  const text =
    typeof value === 'string'
      ? JSON.stringify(value.slice(0, MAX_QUOTED + 1))
      : (JSON.stringify(value) ?? String(value))
  const cut = text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text
  return cut
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (odd) => `\\u{${odd.codePointAt(0)?.toString(16)}}`)
}

function keyPath(path: string, key: string): string {
  if (/^\d+$/.test(key)) return `${path}[${key}]`
  return /^[\w$-]+$/.test(key) ? `${path}.${key}` : `${path}[${quoteValue(key)}]`
}

function mustBe(path: string, expected: string, found: string): SchemaProblem {
  return { path, expected, found, message: `must be ${expected}, not ${found}` }
}

function badKey(at: string, key: string, expected: string): SchemaProblem {
  const found = quoteValue(key)
  return { path: keyPath(at, key), expected, found, message: `is not a possible key: it must be ${expected}` }
}

function missing(at: string, error: ErrorObject): SchemaProblem {
  const key = String(error.params.missingProperty)
  const declared = (error.parentSchema?.properties as Record<string, { type?: unknown }> | undefined)?.[key]
  const type = typeof declared?.type === 'string' ? typeName(declared.type) : undefined
  const message = type === undefined ? 'is missing' : `is missing: it must be ${type}`
  return { path: keyPath(at, key), expected: type ?? 'a value', found: 'nothing', message }
}

function unknownKey(at: string, error: ErrorObject): SchemaProblem {
  const key = String(error.params.additionalProperty)
  const known = Object.keys((error.parentSchema?.properties as object | undefined) ?? {})
  const nearest = closestMatch(key, known, { maxDistance: Math.max(3, Math.ceil(key.length / 2)) })
  const expected = known.length === 0 ? 'no keys' : `one of the keys ${cutList(known)}`
  const hint =
    nearest === undefined ? `known here: ${cutList(known) || 'none'}` : `did you mean ${quoteValue(nearest)}?`
  return { path: keyPath(at, key), expected, found: quoteValue(key), message: `is not a known key; ${hint}` }
}

function cutList(keys: readonly string[]): string {
  return keys.length > 12 ? `${keys.slice(0, 12).join(', ')}, …` : keys.join(', ')
}

/** Of the branches of an `anyOf`, those that failed deepest; at the same place, one that failed on more than its type. */
function furthest(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const wrapper = errors.at(-1)
  if (wrapper?.keyword === 'propertyNames') return errors.slice(0, 1)
  const leaves = errors.filter((error) => !['anyOf', 'oneOf', 'if'].includes(error.keyword))
  if (leaves.length === 0) return errors.slice(-1)
  const depth = Math.max(...leaves.map(depthOf))
  const deepest = leaves.filter((error) => depthOf(error) === depth)
  const telling = deepest.filter((error) => !['type', 'const', 'enum'].includes(error.keyword))
  const chosen = telling[0] ?? deepest[0]
  return telling.length > 0
    ? [telling[0] as ErrorObject]
    : deepest.filter((error) => error.instancePath === chosen?.instancePath)
}

function depthOf(error: ErrorObject): number {
  return error.instancePath.split('/').length
}

function expectation(error: ErrorObject, formats: Formats): string {
  const { params, parentSchema } = error
  const limit = String(params.limit)
  const number = parentSchema?.type === 'integer' ? 'an integer' : 'a number'
  switch (error.keyword) {
    case 'type':
      return [params.type].flat().map(String).map(typeName).join(' or ')
    case 'enum':
      return `one of ${(params.allowedValues as unknown[]).map(quoteValue).join(', ')}`
    case 'const':
      return quoteValue(params.allowedValue)
    case 'minimum':
      return `${number} of at least ${limit}`
    case 'maximum':
      return `${number} of at most ${limit}`
    case 'exclusiveMinimum':
      return `${number} above ${limit}`
    case 'exclusiveMaximum':
      return `${number} below ${limit}`
    case 'minLength':
      return limit === '1' ? 'text that is not empty' : `text of at least ${limit} characters`
    case 'maxLength':
      return `text of at most ${limit} characters`
    case 'minItems':
      return `a list of at least ${limit} items`
    case 'maxItems':
      return `a list of at most ${limit} items`
    case 'minProperties':
      return `an object of at least ${limit} keys`
    case 'maxProperties':
      return `an object of at most ${limit} keys`
    case 'pattern':
      return `text that matches ${params.pattern}`
    case 'format':
      return formats[String(error.schema)]?.expected ?? `text of the form ${error.schema}`
    default:
      return `what the schema’s \`${error.keyword}\` asks for`
  }
}

function finding(error: ErrorObject): string {
  const { data, keyword } = error
  if (keyword.endsWith('Length')) return `${quoteValue(data)} (${Array.from(String(data)).length} characters)`
  if (keyword.endsWith('Items')) return `one of ${(data as unknown[]).length} items`
  if (keyword.endsWith('Properties')) return `one of ${Object.keys(data as object).length} keys`
  return quoteValue(data)
}

function typeName(type: string): string {
  const names: Record<string, string> = {
    string: 'text',
    number: 'a number',
    integer: 'an integer',
    boolean: 'true or false',
    object: 'an object',
    array: 'a list',
    null: 'null',
  }
  return names[type] ?? type
}
