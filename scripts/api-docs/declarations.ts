/** One export, or one member of it. */
export interface Declaration {
  readonly name: string
  /** Without stars; empty where there is none. */
  readonly comment: string
  /** As it stands in the source, without bodies of functions. */
  readonly code: string
  readonly members: readonly Declaration[]
}

/**
 * The exports of a module with their comments, by the lines of its source. The compiler of this project has no interface to ask, and one
 * that has would be 20 MB more to install; the form of the sources is fixed by the formatter, so lines tell enough. A test holds the
 * result against what the SDK exports.
 */
export function declarationsIn(source: string): readonly Declaration[] {
  return blocksOf(source.split('\n')).flatMap(({ comment, lines }) => {
    const name = /^export (?:declare )?(?:interface|type|function|const|class) (\w+)/.exec(lines[0] ?? '')?.[1]
    if (name === undefined) return []
    const isObject = /^export (?:declare )?(?:interface|class) /.test(lines[0] ?? '')
    return [
      {
        name,
        comment,
        code: isObject ? (lines[0] as string).replace(/ \{$/, '') : codeOf(lines),
        members: isObject ? membersOf(lines) : [],
      },
    ]
  })
}

function membersOf(lines: readonly string[]): readonly Declaration[] {
  const inner = lines.slice(1, -1).map((line) => line.replace(/^ {2}/, ''))
  return blocksOf(inner)
    .map(({ comment, lines }) => ({
      name: /^(?:readonly )?(\w+)/.exec(lines[0] ?? '')?.[1] ?? '',
      comment,
      code: codeOf(lines),
      members: [],
    }))
    .filter(
      ({ name, code }) => name !== '' && name !== 'constructor' && !code.startsWith('//') && !code.startsWith('#'),
    )
}

interface Block {
  readonly comment: string
  readonly lines: readonly string[]
}

/** Statements at the beginning of lines, each with the comment right above it. */
function blocksOf(lines: readonly string[]): readonly Block[] {
  const blocks: Block[] = []
  let comment = ''
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] as string
    const end = line.startsWith('/**') ? endOfComment(lines, at) : endOfStatement(lines, at)
    const taken = lines.slice(at, end + 1)
    if (line.startsWith('/**')) comment = textOf(taken)
    else if (line !== '') {
      blocks.push({ comment, lines: taken })
      comment = ''
    } else comment = ''
    at = end + 1
  }
  return blocks
}

function endOfComment(lines: readonly string[], from: number): number {
  const found = lines.findIndex((line, at) => at >= from && line.includes('*/'))
  return found === -1 ? lines.length - 1 : found
}

/** Goes on while lines are indented or close something. */
function endOfStatement(lines: readonly string[], from: number): number {
  let at = from
  while (at + 1 < lines.length && /^(?:\s+\S|[)\]}>|])/.test(lines[at + 1] as string)) at++
  return at
}

function textOf(lines: readonly string[]): string {
  const text = lines
    .join('\n')
    .replace(/^\/\*\*/, '')
    .replace(/\*\/$/, '')
  return text
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
    .join('\n')
    .trim()
}

/** A function's signature; of values only what they are called and their type. */
function codeOf(lines: readonly string[]): string {
  const first = lines[0] as string
  if (/^export const /.test(first)) return first.replace(/ = .*$/, '')
  const body = lines.findIndex(
    (line, at) => /\{$/.test(line) && (at === 0 ? /^export function .*\{$/.test(line) : /^\}?\)+: .*\{$/.test(line)),
  )
  const kept = body === -1 ? lines : lines.slice(0, body + 1)
  return kept
    .filter((line) => !/^\s*\/\/ biome-ignore/.test(line))
    .join('\n')
    .replace(body === -1 ? /$^/ : / \{$/, '')
}
