import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Test } from 'tap'
import { ROOT } from '../helpers/npm.ts'
import type { Platform } from './platform.ts'

/** How a case went on a platform: `yes`, `no`, or the reason why it was not run. */
export interface Outcome {
  readonly title: string
  readonly platform: Platform['name']
  readonly told: string
}

const DOCUMENT = path.join(ROOT, 'docs/platforms.md')
const BEGIN = '<!-- conformance: written by `npm run test:windows` -->\n'
const END = '<!-- conformance end -->\n'

/** In Markdown: a line a case, a column a platform. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const titles = [...new Set(outcomes.map(({ title }) => title))]
  const told = (title: string, platform: Platform['name']): string =>
    outcomes.find((each) => each.title === title && each.platform === platform)?.told ?? 'not run'
  const lines = titles.map((title) => `| ${title} | ${told(title, 'Linux')} | ${told(title, 'Windows')} |`)
  return ['| what the agent does | Linux | Windows |', '| --- | --- | --- |', ...lines, ''].join('\n')
}

/** Prints the table. Where the document has another one, the test fails and the document gets this one, to be looked at and committed. */
export async function checkTable(t: Test, outcomes: readonly Outcome[]): Promise<void> {
  const table = tableOf(outcomes)
  for (const line of table.trim().split('\n')) t.comment(line)
  const text = await readFile(DOCUMENT, 'utf8')
  const [before = '', rest = ''] = text.split(BEGIN)
  const [old, after = ''] = rest.split(END)
  if (old !== table) await writeFile(DOCUMENT, before + BEGIN + table + END + after)
  t.equal(old, table, 'docs/platforms.md is as this run; it is now, to be committed')
}
