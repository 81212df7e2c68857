/** One row of a message's table. */
export interface Field {
  /** From the payload on: `error.code`, `plugins[].name`. */
  readonly name: string
  readonly type: string
  readonly required: boolean
  readonly description: string
}

/** As much of JSON Schema as the protocol uses. */
export interface Schema {
  readonly type?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly maxItems?: number
}

/** Every field of an object, those within its objects and lists included, in the order they are declared. */
export function fieldsOf(schema: Schema, prefix = ''): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
    const name = `${prefix}${key}`
    const required = schema.required?.includes(key) ?? false
    const field = { name, type: typeOf(property), required, description: property.description ?? '' }
    return [field, ...innerFields(property, name)]
  })
}

function innerFields(schema: Schema, name: string): Field[] {
  if (schema.items !== undefined) return fieldsOf(schema.items, `${name}[].`)
  return [schema, ...(schema.anyOf ?? [])].flatMap((branch) => fieldsOf(branch, `${name}.`))
}

/** In plain words: `text of 1 to 128 characters`, `integer from 0`, `"a" or "b"`, `text or null`. */
export function typeOf(schema: Schema): string {
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' or ')
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' or ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.type === 'string') return `text${lengthOf(schema)}`
  if (schema.type === 'integer' || schema.type === 'number') return `${schema.type}${rangeOf(schema)}`
  if (schema.type === 'array') return `list${schema.maxItems === undefined ? '' : ` of up to ${schema.maxItems}`}`
  return schema.type ?? 'any'
}

function lengthOf({ minLength, maxLength }: Schema): string {
  if (maxLength === undefined) return ''
  return minLength === undefined ? ` of up to ${maxLength} characters` : ` of ${minLength} to ${maxLength} characters`
}

function rangeOf({ minimum, exclusiveMinimum, maximum }: Schema): string {
  const from = minimum === undefined ? '' : ` from ${minimum}`
  const above = exclusiveMinimum === undefined ? '' : ` above ${exclusiveMinimum}`
  return `${from}${above}${maximum === undefined ? '' : ` to ${maximum}`}`
}
