import { Ajv, type FuncKeywordDefinition, type ValidateFunction } from 'ajv'
import { describeProblem, keyPathOf, type SchemaProblem } from './problem.ts'

export type { SchemaProblem } from './problem.ts'

/** What a `format` of a schema means here. Checks texts, and may replace them. */
export interface SchemaFormat {
  /** As it reads after "expected", e.g. `an absolute path`. */
  readonly expected: string
  /**
   * @param path where the value stands, e.g. `.smtp.passwordFile`.
   * @returns the text to keep, the same or another; undefined where it does not fit.
   */
  apply(value: string, path: string): string | undefined
}

export interface SchemaOptions {
  /** Whether the schema's `default` values are filled in. Default: false. */
  readonly defaults?: boolean
  /** The formats the schema may name; any other is a fault of the schema. Default: none. */
  readonly formats?: Readonly<Record<string, SchemaFormat>>
}

/**
 * Checks a value. Where a default or a format changes something, it does so on a copy: what was passed stays as it was.
 *
 * @throws TypeError where the schema itself is wrong.
 */
export type Validate<T = unknown> = (value: unknown) => { readonly value: T } | { readonly problem: SchemaProblem }

/**
 * Makes a check from a JSON Schema (draft-07, ajv's strict mode). Nothing is compiled before the first use: most agents see few of
 * the schemas they hold, and each costs milliseconds and memory.
 */
export function compileSchema<T = unknown>(schema: object, options: SchemaOptions = {}): Validate<T> {
  const copies = options.defaults === true || options.formats !== undefined
  let validate: ValidateFunction<T> | undefined
  return (value) => {
    validate ??= compile<T>(schema, options)
    const checked = copies ? structuredClone(value) : value
    return validate(checked) ? { value: checked } : { problem: describeProblem(validate.errors ?? [], options.formats) }
  }
}

function compile<T>(schema: object, options: SchemaOptions): ValidateFunction<T> {
  const ajv = new Ajv({
    strict: true,
    strictRequired: false, // "one of these keys" is written as `anyOf` of `required` alone
    allowUnionTypes: true,
    ownProperties: true, // else `toString` and `constructor` count as given
    verbose: true,
    logger: false,
    // Strict mode refuses what the meta schema would, and compiling that costs 30 ms at the start of every agent
    meta: false,
    validateSchema: false,
    useDefaults: options.defaults === true,
  })
  addFormats(ajv, options.formats ?? {})
  try {
    return ajv.compile<T>(schema)
  } catch (cause) {
    throw new TypeError(`The schema is wrong: ${(cause as Error).message}.`, { cause })
  }
}

/** Replaces ajv's own `format`, which cannot change what it checks. */
function addFormats(ajv: Ajv, formats: Readonly<Record<string, SchemaFormat>>): void {
  const definition: FuncKeywordDefinition = {
    keyword: 'format',
    type: 'string',
    schemaType: 'string',
    modifying: true,
    errors: false,
    compile: (name: string) => {
      const format = Object.hasOwn(formats, name) ? formats[name] : undefined
      if (format === undefined) throw new Error(`unknown format "${name}"`)
      return (text: string, context) => {
        const kept = format.apply(text, keyPathOf(context?.instancePath ?? ''))
        if (kept !== undefined && kept !== text && context !== undefined) {
          context.parentData[context.parentDataProperty] = kept
        }
        return kept !== undefined
      }
    },
  }
  ajv.removeKeyword('format')
  ajv.addKeyword(definition)
}
