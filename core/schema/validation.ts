import { Ajv, type FuncKeywordDefinition } from 'ajv'
import { type ApplyFormat, type CompiledCheck, PRECOMPILED, type Precompiled, schemaKey } from './precompiled.ts'
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
  const { defaults = false, formats } = options
  return validatorOf<T>(() => {
    const precompiled = PRECOMPILED[schemaKey(schema, { defaults, formats: formats !== undefined })]
    if (precompiled !== undefined) return precompiled
    const check = compile(schema, options)
    return { fits: () => check, explain: () => check }
  }, options)
}

/** Calls the check that `make` makes at its first use, on a copy where it may change what it checks. */
export function validatorOf<T = unknown>(
  make: () => Precompiled,
  { defaults = false, formats }: SchemaOptions,
): Validate<T> {
  const applyFormat = applierOf(formats ?? {})
  const copyOf = (value: unknown) => (defaults || formats !== undefined ? structuredClone(value) : value)
  let precompiled: Precompiled | undefined
  let fits: ReturnType<Precompiled['fits']> | undefined
  let explain: CompiledCheck | undefined
  return (value) => {
    precompiled ??= make()
    fits ??= precompiled.fits(applyFormat)
    const checked = copyOf(value)
    if (fits(checked)) return { value: checked as T }
    explain ??= precompiled.explain(applyFormat)
    explain(copyOf(value))
    return { problem: describeProblem(explain.errors ?? [], formats) }
  }
}

/** How schemas are compiled, here and by the build. */
export const AJV_OPTIONS = {
  strict: true,
  strictRequired: false, // "one of these keys" is written as `anyOf` of `required` alone
  allowUnionTypes: true,
  ownProperties: true, // else `toString` and `constructor` count as given
  verbose: true,
  messages: false, // problem.ts says it in other words
  logger: false,
  // Strict mode refuses what the meta schema would, and compiling that costs 30 ms at the start of every agent
  meta: false,
  validateSchema: false,
} as const

function compile(schema: object, options: SchemaOptions): CompiledCheck {
  // Optimizing takes longer than the faster check wins back: most are used once in an agent's life, or ten times a second
  const ajv = new Ajv({ ...AJV_OPTIONS, useDefaults: options.defaults === true, code: { optimize: false } })
  addFormats(ajv, options.formats ?? {})
  try {
    return ajv.compile(schema)
  } catch (cause) {
    throw new TypeError(`The schema is wrong: ${(cause as Error).message}.`, { cause })
  }
}

function applierOf(formats: Readonly<Record<string, SchemaFormat>>): ApplyFormat {
  return (name, text, { instancePath, parentData, parentDataProperty }) => {
    const kept = formats[name]?.apply(text, keyPathOf(instancePath))
    if (kept !== undefined && kept !== text) parentData[parentDataProperty] = kept
    return kept !== undefined
  }
}

/** Replaces ajv's own `format`, which cannot change what it checks. */
function addFormats(ajv: Ajv, formats: Readonly<Record<string, SchemaFormat>>): void {
  const apply = applierOf(formats)
  const definition: FuncKeywordDefinition = {
    keyword: 'format',
    type: 'string',
    schemaType: 'string',
    modifying: true,
    errors: false,
    compile: (name: string) => {
      if (!Object.hasOwn(formats, name)) throw new Error(`unknown format "${name}"`)
      return (text: string, context) => context !== undefined && apply(name, text, context)
    },
  }
  ajv.removeKeyword('format')
  ajv.addKeyword(definition)
}
