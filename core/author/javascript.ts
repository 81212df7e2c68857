import { stripTypeScriptTypes } from 'node:module'
import { type Node, parse } from 'acorn'

/** Files that Node.js takes for TypeScript, and what they become. */
const TYPESCRIPT = /\.([mc]?)ts$/

export function isTypeScript(path: string): boolean {
  return TYPESCRIPT.test(path) && !isDeclaration(path)
}

/** Types only: nothing of it runs. */
export function isDeclaration(path: string): boolean {
  return /\.d\.[mc]?ts$/.test(path)
}

/** `a/b.ts` as `a/b.js`. */
export function javaScriptName(path: string): string {
  return path.replace(TYPESCRIPT, '.$1js')
}

/**
 * TypeScript as the JavaScript that Node.js itself would make of it: types become spaces, so lines and columns stay what they are in
 * the source, and no compiler is needed.
 *
 * @throws SyntaxError of the source; `ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX` for what is more than types (enums, namespaces, …).
 */
export function stripTypes(source: string): string {
  const { emitWarning } = process
  // Node.js warns of its own function; the agent's tests hold it to what is expected here
  process.emitWarning = () => {}
  try {
    return stripTypeScriptTypes(source)
  } finally {
    process.emitWarning = emitWarning
  }
}

/**
 * Lets imports of TypeScript files beside this one name the JavaScript that became of them; nothing else of the text changes.
 *
 * @throws SyntaxError where the text is no module.
 */
export function pointToJavaScript(text: string): string {
  const places = importsOf(text).filter(({ value }) => /^\.\.?\//.test(value) && isTypeScript(value))
  return places.reduceRight(
    (changed, { start, end, value }) =>
      `${changed.slice(0, start)}${JSON.stringify(javaScriptName(value))}${changed.slice(end)}`,
    text,
  )
}

interface Literal {
  readonly start: number
  readonly end: number
  readonly value: string
}

/** The texts behind `from` and in `import()`, in their order. */
function importsOf(text: string): readonly Literal[] {
  const found: Literal[] = []
  const look = (node: Node): void => {
    const { source } = node as Node & { source?: Node & { type: string; value?: unknown } }
    if (/^(?:Import|Export)/.test(node.type) && source?.type === 'Literal' && typeof source.value === 'string') {
      found.push(source as Literal & Node)
    }
    for (const value of Object.values(node)) {
      for (const child of [value].flat()) if (typeof child?.type === 'string') look(child as Node)
    }
  }
  look(parse(text, { ecmaVersion: 'latest', sourceType: 'module', allowHashBang: true }))
  return found.sort((a, b) => a.start - b.start)
}
