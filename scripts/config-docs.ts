import type { KeySchema } from '../core/config/keys.ts'
import { SCALAR_KEYS } from '../core/config/keys.ts'
import { variableOf } from '../core/config/overrides.ts'
import { configSchema } from '../core/config/schema.ts'
import { CONFIG_INTRODUCTION } from './config-docs/introduction.ts'

/** The text of docs/configuration.md, made from the schema of the config. */
export function configDocs(): string {
  const sections = Object.entries(configSchema.properties)
    .filter(([key]) => key !== '$schema')
    .map(([key, schema]) => section(key, schema))
  return `${[CONFIG_INTRODUCTION, ...sections].join('\n\n')}\n`
}

function section(key: string, schema: KeySchema): string {
  const rows = leavesOf(schema, key).map(([name, leaf]) =>
    row(`\`${name}\``, typeOf(leaf), defaultOf(leaf), variable(name), leaf.description ?? ''),
  )
  const table = [row('key', 'value', 'default', 'environment', 'meaning'), '|---|---|---|---|---|', ...rows]
  return [`## \`${key}\``, schema.description ?? '', table.join('\n')].join('\n\n')
}

/** Every key below, by its dotted name; `NAME` stands for a key that the operator chooses. */
function leavesOf(schema: KeySchema, path: string): [name: string, schema: KeySchema][] {
  const { properties, additionalProperties } = schema
  // The same keys once more
  if (path === 'sites.NAME.plugins') return [[path, schema]]
  if (properties !== undefined) {
    return Object.entries(properties).flatMap(([key, inner]) => leavesOf(inner, `${path}.${key}`))
  }
  if (typeof additionalProperties === 'object') {
    const inner = leavesOf(additionalProperties, `${path}.NAME`)
    // The map itself says what its keys are
    return schema.description === undefined || path === 'plugins' || path === 'sites'
      ? inner
      : [[path, schema], ...inner]
  }
  return [[path, schema]]
}

function typeOf(schema: KeySchema): string {
  const {
    enum: choices,
    anyOf,
    type,
    items,
  } = schema as KeySchema & { anyOf?: readonly KeySchema[]; items?: KeySchema }
  if (choices !== undefined) return choices.map((choice) => `\`${JSON.stringify(choice)}\``).join(', ')
  if ('const' in schema) return `\`${JSON.stringify(schema.const)}\``
  if (anyOf !== undefined) return anyOf.map(typeOf).join(' or ')
  if (schema.format === 'path') return ['path', ...[type].flat().filter((each) => each === 'null')].join(' or ')
  if (type === 'array') return `list of ${items === undefined ? 'values' : typeOf(items)}s`
  return `${[type].flat().map(nameOf).join(' or ')}${rangeOf(schema)}`
}

function nameOf(type: unknown): string {
  return { string: 'text', boolean: 'true or false' }[String(type)] ?? String(type)
}

function rangeOf({ minimum, exclusiveMinimum, maximum }: KeySchema): string {
  const low = minimum === undefined ? (exclusiveMinimum === undefined ? '' : `above ${exclusiveMinimum}`) : `${minimum}`
  if (low === '' && maximum === undefined) return ''
  return ` (${[low, maximum === undefined ? 'or more' : `to ${maximum}`].filter((part) => part !== '').join(' ')})`
}

function defaultOf(schema: KeySchema): string {
  if (!('default' in schema)) return ''
  return `\`${JSON.stringify(schema.default)}\``
}

function variable(name: string): string {
  const key = SCALAR_KEYS.find((each) => each.name === name)
  return key === undefined ? '' : `\`${variableOf(key)}\``
}

function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}
