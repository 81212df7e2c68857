import { isAbsolute, resolve } from 'node:path'
import type { Format } from 'ajv'
import { fullFormats } from 'ajv-formats/dist/formats.js'
import type { SchemaFormat } from '../schema/index.ts'

/** The formats every schema of a plugin may name: `date-time`, `uri`, `ipv4` and the like, as JSON Schema has them. */
export const commonFormats: Readonly<Record<string, SchemaFormat>> = Object.fromEntries(
  Object.entries(fullFormats).map(([name, format]) => [
    name,
    { expected: `text of the form ${name}`, apply: (value: string) => (fits(format, value) ? value : undefined) },
  ]),
)

/** What a config schema may name beside them. */
export interface ConfigFormats {
  readonly formats: Readonly<Record<string, SchemaFormat>>
  /** The secret files met so far: where the config names them, and their absolute paths. */
  readonly secretFiles: ReadonlyMap<string, string>
}

/**
 * `path`: made absolute, from the config's folder on. `secret-file`: the same, and remembered, for `secret()` reads no other
 * file than these.
 */
export function configFormats(configDir: string): ConfigFormats {
  const secretFiles = new Map<string, string>()
  const absolute = (value: string) => (value === '' || value.includes('\0') ? undefined : resolve(configDir, value))
  const formats = {
    ...commonFormats,
    path: { expected: 'a path', apply: absolute },
    'secret-file': {
      expected: 'the path of a file',
      apply: (value: string, path: string) => {
        const file = absolute(value)
        if (file !== undefined) secretFiles.set(path.replace(/^\./, ''), file)
        return file
      },
    },
  }
  return { formats, secretFiles }
}

/** Whether a plugin is named by its folder rather than as a package. */
export function isFolderPath(use: string): boolean {
  return use.startsWith('.') || isAbsolute(use)
}

function fits(format: Format, value: string): boolean {
  if (typeof format === 'boolean') return format
  const check = typeof format === 'object' && 'validate' in format ? format.validate : format
  if (check instanceof RegExp) return check.test(value)
  if (typeof check === 'string') return new RegExp(check, 'u').test(value)
  return typeof check === 'function' && (check as (text: string) => boolean | Promise<boolean>)(value) === true
}
