import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser'
import { isDeeperThan } from '../protocol/decode.ts'

/** A place in a text, both from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** What is wrong with a text that should be JSON. */
export interface JsonProblem {
  readonly at: Position
  readonly expected: string
  readonly found: string
}

/** Deeper nesting than any config needs, and far from what overflows a stack. */
const MAX_DEPTH = 64

const START: Position = { line: 1, column: 1 }

/** What people who write config by hand run into; anything else is told as "JSON". */
const EXPECTED: Partial<Record<ReturnType<typeof printParseErrorCode>, string>> = {
  InvalidSymbol: 'a JSON value in double quotes, a number, true, false or null',
  PropertyNameExpected: 'a key in double quotes (and no comma before the closing brace)',
  ValueExpected: 'a value (and no comma before a closing bracket)',
  ColonExpected: 'a colon after the key',
  CommaExpected: 'a comma',
  CloseBraceExpected: 'a comma or a closing brace',
  CloseBracketExpected: 'a comma or a closing bracket',
  EndOfFileExpected: 'nothing after the closing brace',
  InvalidCommentToken: 'JSON, which has no comments',
  UnexpectedEndOfString: 'a closing double quote',
  InvalidEscapeCharacter: 'a backslash written twice (`\\\\`) inside a text',
  InvalidCharacter: 'no control character inside a text',
}

/**
 * Parses JSON as strictly as a policy needs: what `JSON.parse` takes silently (the last of two equal keys, `__proto__`) is refused, and
 * every refusal has its line and column. The value comes from `JSON.parse` itself.
 */
export function parseJsonText(text: string): { readonly value: unknown } | { readonly problem: JsonProblem } {
  const mark = byteOrderMark(text)
  if (mark !== undefined) return { problem: mark }
  if (isDeeperThan(text, MAX_DEPTH))
    return { problem: { at: START, expected: `at most ${MAX_DEPTH} levels`, found: 'more' } }
  const errors: ParseError[] = []
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false })
  const problem = errors[0] === undefined ? root && oddKey(text, root) : syntaxProblem(text, errors[0])
  if (problem !== undefined) return { problem }
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    return { problem: { at: START, expected: 'JSON', found: `other text (${(error as Error).message})` } }
  }
}

/** Where the key stands (its value, in a list); undefined where the text has no such key. */
export function positionOfKey(text: string, keys: readonly string[]): Position | undefined {
  const root = parseTree(text)
  if (root === undefined) return undefined
  let node: Node | undefined = root
  for (const key of keys) node = node && findNodeAtLocation(node, [node.type === 'array' ? Number(key) : key])
  if (node === undefined) return undefined
  return positionAt(text, node.parent?.type === 'property' ? node.parent.offset : node.offset)
}

function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset)
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') }
}

function byteOrderMark(text: string): JsonProblem | undefined {
  if (text.charCodeAt(0) !== 0xfeff) return undefined
  return { at: START, expected: 'UTF-8 without a byte order mark', found: 'one; save the file without it' }
}

function syntaxProblem(text: string, error: ParseError): JsonProblem {
  const found = text.slice(error.offset, error.offset + Math.max(error.length, 1)).slice(0, 40)
  return {
    at: positionAt(text, error.offset),
    expected: EXPECTED[printParseErrorCode(error.error)] ?? 'JSON',
    found: found === '' ? 'the end of the file' : JSON.stringify(found),
  }
}

/** The first key that is given twice or is `__proto__`. */
function oddKey(text: string, node: Node): JsonProblem | undefined {
  const seen = new Set<unknown>()
  for (const child of node.children ?? []) {
    const problem = (node.type === 'object' && oddName(text, child, seen)) || oddKey(text, child)
    if (problem) return problem
  }
  return undefined
}

function oddName(text: string, property: Node, seen: Set<unknown>): JsonProblem | undefined {
  const key = property.children?.[0]?.value
  const at = positionAt(text, property.offset)
  if (key === '__proto__') return { at, expected: 'a key other than `__proto__`', found: 'it' }
  if (seen.has(key)) return { at, expected: 'each key once', found: `${JSON.stringify(key)} again` }
  seen.add(key)
  return undefined
}
