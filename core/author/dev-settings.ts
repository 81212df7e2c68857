import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Permissions, permissionsSchema } from '@gururmm/plugin-sdk'
import { compileSchema } from '../schema/index.ts'
import { packageError } from './package-error.ts'

/** The file, in the plugin's folder. */
export const DEV_FILE = 'gururmm.dev.json'

/** What `plugin dev` and `plugin test` run a plugin with. */
export interface DevSettings {
  /** As under `plugins.NAME.config`. Default: `{}`. */
  readonly config: object
  /** As under `plugins.NAME.permissions`; relative paths begin at the plugin's folder. Default: what the manifest asks for. */
  readonly permissions: Permissions | undefined
  /** Example inputs by command type. They are run as they are, and must end well. */
  readonly inputs: Readonly<Record<string, readonly object[]>>
  /** Valid inputs of types whose programs must not be run for a test, e.g. because they restart something. Stand-ins are run for them. */
  readonly dryInputs: Readonly<Record<string, readonly object[]>>
}

const inputs = {
  type: 'object',
  additionalProperties: { type: 'array', maxItems: 100, items: { type: 'object' } },
} as const

const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    config: { type: 'object' },
    permissions: permissionsSchema,
    inputs,
    dryInputs: inputs,
  },
} as const

/** @throws PluginError `PLUGIN_PACKAGE_INVALID`. */
export function readDevSettings(folder: string): DevSettings {
  const file = join(folder, DEV_FILE)
  const read = existsSync(file) ? parse(file) : {}
  const checked = compileSchema<Partial<DevSettings>>(schema)(read)
  if ('problem' in checked) {
    const { path, message } = checked.problem
    throw packageError(`${file} is not valid: \`${path.slice(1)}\` ${message}.`)
  }
  const { config = {}, permissions, inputs: real = {}, dryInputs = {} } = checked.value
  return { config, permissions: permissions && absolute(permissions, folder), inputs: real, dryInputs }
}

function parse(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw packageError(`${file} can't be read as JSON (${(error as Error).message}).`, error)
  }
}

function absolute(permissions: Permissions, folder: string): Permissions {
  const paths = (kind: 'read' | 'write') => {
    const list = permissions[kind]
    return Array.isArray(list) ? { [kind]: list.map((path: string) => resolve(folder, path)) } : {}
  }
  return { ...permissions, ...paths('read'), ...paths('write') }
}
