import { createHash } from 'node:crypto'
import type { ErrorObject } from 'ajv'

/** A check as ajv makes it; `errors` tells of the last value. */
export interface CompiledCheck {
  (value: unknown): boolean
  errors?: readonly ErrorObject[] | null | undefined
}

/** What a schema's `format` does: whether the text fits; may put another in its place in `parent`. */
export type ApplyFormat = (name: string, text: string, place: FormatPlace) => boolean

/** Where the text stands. */
export interface FormatPlace {
  readonly instancePath: string
  readonly parentData: Record<string | number, unknown>
  readonly parentDataProperty: string | number
}

/** A check made at build time. */
export interface Precompiled {
  /** Says only whether a value fits. Most do, and what is to be said of others takes four times the code. */
  fits(applyFormat: ApplyFormat): (value: unknown) => boolean
  /** Says also what does not fit. Its code is loaded when it is first called. */
  explain(applyFormat: ApplyFormat): CompiledCheck
}

/**
 * By {@link schemaKey}. Empty here; the build fills it for the schemas of the agent and its shipped plugins, for ajv takes 80 ms of a
 * start to compile them.
 */
export const PRECOMPILED: Readonly<Record<string, Precompiled>> = {}

/** What a check depends on: the schema, and whether defaults are filled in and formats known. */
export function schemaKey(schema: object, options: { readonly defaults: boolean; readonly formats: boolean }): string {
  return createHash('sha256')
    .update(JSON.stringify([schema, options.defaults, options.formats]))
    .digest('base64url')
}
