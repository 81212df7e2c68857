import { stripVTControlCharacters, styleText } from 'node:util'
import { visible } from '../log/foreign-text.ts'

type Style = Parameters<typeof styleText>[0]

/** Writes a line for the reader of the result. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Writes a line beside the result. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`)
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2))
}

/** Coloured where standard output is a terminal that shows colours (and NO_COLOR is not set). */
export function style(colour: Style, text: string): string {
  return styleText(colour, text, { stream: process.stdout })
}

/** {@link style} for what goes to standard error. */
export function styleError(colour: Style, text: string): string {
  return styleText(colour, text, { stream: process.stderr })
}

/** A plugin's state in its colour. */
export function stateText(state: string): string {
  return style(state === 'enabled' ? 'green' : state === 'failed' ? 'red' : 'gray', state)
}

/** Foreign text, fit for a terminal. */
export function safe(text: string): string {
  return visible(text)
}

/**
 * Columns without lines between them.
 *
 * @param width where given, the last column is wrapped to stay within it.
 */
export async function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width?: number,
): Promise<string> {
  const { default: Table } = await import('cli-table3')
  const chars = { top: '', 'top-mid': '', 'top-left': '', 'top-right': '', mid: '', 'left-mid': '', 'mid-mid': '' }
  const more = {
    'right-mid': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    right: '',
  }
  const layout = new Table({
    head: head.map((title) => style('bold', title)),
    chars: { ...chars, ...more, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    ...(width !== undefined && { colWidths: widthsWithin(width, [head, ...rows]), wordWrap: true }),
  })
  layout.push(...rows.map((row) => [...row]))
  return layout.toString().replaceAll(/ +$/gm, '')
}

/** Narrower than this, words of the last column would be torn. */
const LEAST_WIDTH = 12

/** What the columns need, and for the last one what is left. */
function widthsWithin(width: number, rows: readonly (readonly string[])[]): number[] {
  const needs = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => stripVTControlCharacters(row[column] ?? '').length)),
  )
  const others = needs.slice(0, -1)
  const left = width - others.reduce((sum, need) => sum + need + 2, 0)
  return [...others, Math.min(needs.at(-1) ?? 0, Math.max(left, LEAST_WIDTH))]
}
