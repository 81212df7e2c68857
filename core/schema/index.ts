/**
 * Checks values against JSON Schemas with one plain answer; used for config, plugins and the wire alike.
 *
 * @module
 */
export { keyPathOf, quoteValue, type SchemaProblem } from './problem.ts'
export { compileSchema, type SchemaFormat, type SchemaOptions, type Validate } from './validation.ts'
