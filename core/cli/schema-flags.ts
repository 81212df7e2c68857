import type { ObjectSchema } from '@gururmm/plugin-sdk'
import { InvalidArgumentError, Option } from 'commander'
import { visible } from '../log/foreign-text.ts'

/** What is read of a property's schema here; anything else is the agent's own check to judge. */
interface PropertySchema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly items?: PropertySchema
  readonly anyOf?: readonly PropertySchema[]
  readonly oneOf?: readonly PropertySchema[]
}

/** A property of a command type's input as a flag. */
export interface SchemaFlag {
  /** The property's name in the input. */
  readonly property: string
  /** What commander is given: one option, or `--x` and `--no-x`. */
  readonly options: readonly Option[]
  /** Where commander puts the value. */
  readonly key: string
}

/** The input property that the wire's `command` text fills; see {@link textOf}. */
export const TEXT_PROPERTY = 'command'

/** A flag for each property of the schema, in its order; `working_directory` and `workingDirectory` both become `--working-directory`. */
export function flagsOf(schema: ObjectSchema): readonly SchemaFlag[] {
  const properties = Object.entries((schema.properties as Record<string, PropertySchema> | undefined) ?? {})
  const required = new Set(schema.required as readonly string[] | undefined)
  const taken = new Set<string>(['help'])
  return properties
    .filter(([property]) => property !== TEXT_PROPERTY)
    .map(([property, inner]) => {
      const kebab = kebabOf(property)
      // Two properties whose flags would be one: the second keeps its own spelling
      const name = taken.has(kebab) ? property : kebab
      taken.add(name)
      return flagOf(property, name, plainOf(inner), required.has(property))
    })
}

/**
 * The property that the text after the type fills: `command`, else the only required one where that is a string, as a Claude task's
 * `task`.
 */
export function textOf(schema: ObjectSchema): { readonly property: string; readonly description: string } | undefined {
  const properties = (schema.properties as Record<string, PropertySchema> | undefined) ?? {}
  const required = (schema.required as readonly string[] | undefined) ?? []
  const [only] = required.length === 1 ? required : []
  const property = Object.hasOwn(properties, TEXT_PROPERTY) ? TEXT_PROPERTY : only
  const found = property === undefined ? undefined : properties[property]
  if (property === undefined || found === undefined) return undefined
  if (property !== TEXT_PROPERTY && (plainOf(found).type !== 'string' || found.enum !== undefined)) return undefined
  return { property, description: visible(found.description ?? 'the command’s text') }
}

function flagOf(property: string, name: string, schema: PropertySchema, isRequired: boolean): SchemaFlag {
  const told = [schema.description, isRequired ? '(required)' : undefined]
    .filter((part) => part !== undefined)
    .join(' ')
  // A stranger's words, for a terminal
  const about = visible(told)
  if (schema.type === 'boolean') {
    const yes = new Option(`--${name}`, about)
    return { property, key: yes.attributeName(), options: [yes, new Option(`--no-${name}`, `not --${name}`)] }
  }
  const isList = schema.type === 'array'
  const value = isList ? plainOf(schema.items ?? {}) : schema
  const option = new Option(`--${name} <${placeholderOf(value)}>`, isList ? `${about} (may be repeated)`.trim() : about)
  const read = readerOf(value)
  option.argParser<unknown>(
    isList ? (text, before) => [...((before as unknown[] | undefined) ?? []), read(text)] : read,
  )
  return { property, key: option.attributeName(), options: [option] }
}

/** `T | null` as T: leaving a flag out says null. A single `const` as the one choice. */
function plainOf(schema: PropertySchema): PropertySchema {
  const { description } = schema
  const withText = (inner: PropertySchema) => (description === undefined ? inner : { ...inner, description })
  const branches = (schema.anyOf ?? schema.oneOf)?.filter(({ type }) => type !== 'null')
  if (branches?.length === 1) return withText(plainOf(branches[0] as PropertySchema))
  if (schema.const !== undefined) return withText({ enum: [schema.const] })
  if (Array.isArray(schema.type)) {
    const types = schema.type.filter((type) => type !== 'null')
    return types.length === 1 ? { ...schema, type: types[0] as string } : schema
  }
  return schema
}

function readerOf(schema: PropertySchema): (text: string) => unknown {
  const choices = schema.enum?.filter((value) => value !== null)
  if (choices !== undefined) return (text) => readChoice(text, choices)
  if (schema.type === 'string') return (text) => text
  if (schema.type === 'number' || schema.type === 'integer') return readNumber
  return readJson
}

function placeholderOf({ type, enum: choices }: PropertySchema): string {
  if (choices !== undefined)
    return choices
      .filter((value) => value !== null)
      .map(String)
      .join('|')
  if (type === 'string') return 'text'
  return type === 'number' || type === 'integer' ? 'number' : 'json'
}

function readChoice(text: string, choices: readonly unknown[]): unknown {
  const chosen = choices.find((choice) => String(choice) === text)
  if (chosen === undefined) throw new InvalidArgumentError(`Expected one of ${choices.map(String).join(', ')}.`)
  return chosen
}

function readNumber(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a number.')
  return value
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new InvalidArgumentError('Expected JSON.')
  }
}

/** `working_directory`, `workingDirectory` and `HTTPPort` as `working-directory` and `http-port`. */
function kebabOf(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])/g, '$1$3-$2$4')
    .replaceAll(/[_\s]+/g, '-')
    .toLowerCase()
}
