import { safe } from '../output.ts'

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
  return value.flatMap((item) => {
    if (isLeaf(item)) return [`${indent}- ${leaf(item)}`]
    // A list's objects are rows: a field beside the other, as long as they are plain
    const rows = isObject(item) && Object.values(item).every(isLeaf)
    if (rows) return [`${indent}- ${row(item)}`]
    return [`${indent}-`, ...nested(item, `${indent}  `)]
  })
}

function row(item: Readonly<Record<string, unknown>>): string {
  const fields = Object.entries(item).filter(([, value]) => !isEmpty(value))
  return fields.map(([name, value]) => `${safe(name)} ${leaf(value)}`).join(', ')
}

function leaf(value: unknown): string {
  return safe(typeof value === 'string' ? value : JSON.stringify(value))
}

function isLeaf(value: unknown): boolean {
  return typeof value !== 'object' || value === null
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return !isLeaf(value) && !Array.isArray(value)
}

function isEmpty(value: unknown): boolean {
  return value === null || value === '' || (!isLeaf(value) && Object.keys(value as object).length === 0)
}
