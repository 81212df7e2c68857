import { safe } from '../output.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * Data of any command type for a reader: a line a field, lists below their name, what is empty left out. Plugins bring data of their own
 * shape, so nothing here knows one of them.
 */
export function dataLines(data: unknown, indent = ''): string[] {
  if (!isObject(data)) return [`${indent}${leaf(data)}`]
  const fields = Object.entries(data).filter(([, value]) => !isEmpty(value))
  const width = Math.max(0, ...fields.filter(([, value]) => isLeaf(value)).map(([name]) => name.length))
  return fields.flatMap(([name, value]) => {
    if (isLeaf(value)) return [`${indent}${safe(name).padEnd(width)}  ${leaf(value)}`]
    return [`${indent}${safe(name)}`, ...nested(value, `${indent}  `)]
  })
}

function nested(value: unknown, indent: string): string[] {
  if (!Array.isArray(value)) return dataLines(value, indent)
  if (isTable(value)) return tableLines(value as readonly Fields[], indent)
  return value.flatMap((item) => {
    if (isLeaf(item)) return [`${indent}- ${leaf(item)}`]
    // A list's objects are rows: a field beside the other, as long as they are plain
    const rows = isObject(item) && Object.values(item).every(isLeaf)
    if (rows) return [`${indent}- ${row(item)}`]
    return [`${indent}-`, ...nested(item, `${indent}  `)]
  })
}

/** Several plain objects with the same fields. */
function isTable(value: readonly unknown[]): boolean {
  const [first, second] = value
  if (second === undefined || !isObject(first)) return false
  const names = Object.keys(first).join('\n')
  return value.every(
    (item) => isObject(item) && Object.keys(item).join('\n') === names && Object.values(item).every(isLeaf),
  )
}

/** The names of the fields stand above once. The last column is as long as it likes: it is where sentences stand. */
function tableLines(rows: readonly Fields[], indent: string): string[] {
  const columns = Object.keys(rows[0] ?? {}).filter((name) => rows.some((row) => !isEmpty(row[name])))
  const cells = [
    columns.map(safe),
    ...rows.map((row) => columns.map((name) => (isEmpty(row[name]) ? '' : leaf(row[name])))),
  ]
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => (line[index] ?? '').length)))
  return cells.map((line) =>
    `${indent}${line.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ')}`.trimEnd(),
  )
}

function row(item: Fields): string {
  const fields = Object.entries(item).filter(([, value]) => !isEmpty(value))
  return fields.map(([name, value]) => `${safe(name)} ${leaf(value)}`).join(', ')
}

function leaf(value: unknown): string {
  return safe(typeof value === 'string' ? value : JSON.stringify(value))
}

function isLeaf(value: unknown): boolean {
  return typeof value !== 'object' || value === null
}

function isObject(value: unknown): value is Fields {
  return !isLeaf(value) && !Array.isArray(value)
}

function isEmpty(value: unknown): boolean {
  return value === null || value === '' || (!isLeaf(value) && Object.keys(value as object).length === 0)
}
