import { styleText } from 'node:util'
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

/** Columns without lines between them. */
export async function table(head: readonly string[], rows: readonly (readonly string[])[]): Promise<string> {
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
  })
  layout.push(...rows.map((row) => [...row]))
  return layout.toString().replaceAll(/ +$/gm, '')
}
