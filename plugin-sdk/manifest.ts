import type { AfterCrash, Limits, ObjectSchema, Permissions, Plugin } from './plugin.ts'

/** Raised only when a plugin written for the old contract would break. The agent refuses a manifest with another one. */
export const API_VERSION = 1

/** The manifest's file name, in the plugin's folder beside its package.json. */
export const MANIFEST_FILE = 'gururmm.plugin.json'

/** A command type as the manifest tells it. */
export interface ManifestCommand {
  readonly description: string
  readonly schemas: { readonly input: ObjectSchema; readonly result?: ObjectSchema }
  readonly timeoutSeconds?: number
  readonly limits?: Limits
  readonly elevation?: boolean
  readonly afterCrash?: AfterCrash
}

/** What is known of a plugin before any of its code runs. */
export interface Manifest {
  readonly apiVersion: number
  readonly name: string
  readonly version: string
  /** The module to import, relative to the manifest, e.g. `./index.js`. */
  readonly entry: string
  readonly permissions: Permissions
  readonly configSchema: ObjectSchema
  readonly commands: Readonly<Record<string, ManifestCommand>>
}

/** The manifest of a plugin, written from its code so that the two cannot differ. */
export function manifestOf(plugin: Plugin, options: { readonly version: string; readonly entry: string }): Manifest {
  const commands = Object.entries(plugin.commands).map(
    ([type, { handler: _, explain: __, ...declared }]) => [type, declared] as const,
  )
  return JSON.parse(
    JSON.stringify({
      apiVersion: API_VERSION,
      name: plugin.name,
      version: options.version,
      entry: options.entry,
      permissions: plugin.permissions ?? {},
      configSchema: plugin.configSchema ?? { type: 'object', additionalProperties: false },
      commands: Object.fromEntries(commands),
    }),
  ) as Manifest
}

const name = { type: 'string', maxLength: 64, pattern: '^[a-z][a-z0-9_]*$' } as const
const strings = { type: 'array', maxItems: 256, items: { type: 'string', minLength: 1, maxLength: 4096 } } as const
const stringsOrOperator = { anyOf: [strings, { const: 'operator' }] } as const
const objectSchema = { type: 'object', required: ['type'], properties: { type: { const: 'object' } } } as const

/** JSON Schema of {@link Permissions}; the config's grants have the same shape. */
export const permissionsSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    read: stringsOrOperator,
    write: stringsOrOperator,
    programs: stringsOrOperator,
    network: { type: 'boolean' },
    environment: strings,
  },
} as const

/** JSON Schema of {@link Limits}, as in a manifest and in the config. */
export const limitsSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    concurrent: { type: 'integer', minimum: 1, maximum: 1024 },
    queued: { type: 'integer', minimum: 0, maximum: 100_000 },
    rate: {
      type: 'object',
      additionalProperties: false,
      required: ['count', 'windowSeconds'],
      properties: {
        count: { type: 'integer', minimum: 0, maximum: 1_000_000 },
        windowSeconds: { type: 'number', exclusiveMinimum: 0, maximum: 31_536_000 },
      },
    },
  },
} as const

/** JSON Schema of a {@link Manifest}. */
export const manifestSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['apiVersion', 'name', 'version', 'entry', 'permissions', 'configSchema', 'commands'],
  properties: {
    apiVersion: { const: API_VERSION },
    name,
    version: { type: 'string', minLength: 1, maxLength: 64 },
    entry: { type: 'string', maxLength: 1024, pattern: '^\\./(?!(?:.*[/\\\\])?\\.\\.(?:[/\\\\]|$))' },
    permissions: permissionsSchema,
    configSchema: objectSchema,
    commands: {
      type: 'object',
      minProperties: 1,
      maxProperties: 64,
      propertyNames: name,
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        required: ['description', 'schemas'],
        properties: {
          description: { type: 'string', minLength: 1, maxLength: 1024 },
          schemas: {
            type: 'object',
            additionalProperties: false,
            required: ['input'],
            properties: { input: objectSchema, result: objectSchema },
          },
          timeoutSeconds: { type: 'number', exclusiveMinimum: 0, maximum: 31_536_000 },
          limits: limitsSchema,
          elevation: { type: 'boolean' },
          afterCrash: { enum: ['interrupt', 'rerun'] },
        },
      },
    },
  },
} as const
