import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClassReport } from './suite.ts'

const DOCUMENT = join(import.meta.dirname, '../../../docs/security.md')
const BEGIN = '<!-- hostile suite: written by `npm run test:claude -- --report` -->\n'
const END = '<!-- end of the hostile suite -->\n'

const HEAD = [
  '| attempts at | made | unprotected | inspect | inspect, sandbox | maintain | maintain, sandbox | operate, sandbox |',
  '|---|---|---|---|---|---|---|---|',
]
const COLUMNS = [
  ['inspect', 'off'],
  ['inspect', 'required'],
  ['maintain', 'off'],
  ['maintain', 'required'],
  ['operate', 'required'],
]

/** A class's row of the table in docs/security.md. */
export function rowOf({ name, attempts, live, guarded }: ClassReport): string {
  const through = COLUMNS.map(([profile, sandbox]) => {
    const found = guarded.find(({ guard }) => guard.profile === profile && guard.sandbox === sandbox)
    return found === undefined ? '–' : String(found.through.length)
  })
  return `| ${[name, attempts.length, live.length, ...through].join(' | ')} |`
}

/** The row of a class as it stands in the document. */
export function documentedRow(name: string): string | undefined {
  const [, rest = ''] = readFileSync(DOCUMENT, 'utf8').split(BEGIN)
  return rest
    .split(END)[0]
    ?.split('\n')
    .find((line) => line.startsWith(`| ${name} |`))
}

/**
 * Puts rows into the document, in the order of `names`; a class that was not run keeps its row.
 *
 * @param rows by class.
 */
export function writeRows(names: readonly string[], rows: ReadonlyMap<string, string>): void {
  const lines = names.flatMap((name) => rows.get(name) ?? documentedRow(name) ?? [])
  const text = readFileSync(DOCUMENT, 'utf8')
  const [before = '', rest = ''] = text.split(BEGIN)
  writeFileSync(DOCUMENT, `${before}${BEGIN}${[...HEAD, ...lines].join('\n')}\n${END}${rest.split(END)[1] ?? ''}`)
}
