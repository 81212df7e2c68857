import { resolve } from 'node:path'
import type { Permissions } from '@gururmm/plugin-sdk'
import { isInside } from '../runner/index.ts'
import { pluginError } from './plugin-error.ts'

/** What a plugin may touch: asked and granted. `all`: a shipped plugin whose values the operator did not narrow. */
export interface GrantedPermissions {
  readonly read: readonly string[] | 'all'
  readonly write: readonly string[] | 'all'
  readonly programs: readonly string[] | 'all'
  readonly network: boolean
  readonly environment: readonly string[]
}

type ListKind = 'read' | 'write' | 'programs'

/**
 * Compares what a plugin asks for with what the operator grants.
 *
 * @param grants undefined: a shipped plugin that the operator did not narrow; it gets what it asks for.
 * @throws PluginError `PLUGIN_PERMISSION_MISSING` naming what is asked beyond the grant.
 */
export function grantPermissions(
  plugin: string,
  asked: Permissions,
  grants: Permissions | undefined,
): GrantedPermissions {
  const list = (kind: ListKind) => grantList(plugin, kind, asked[kind], grants)
  const network = asked.network ?? false
  if (network && grants !== undefined && grants.network !== true) throw missing(plugin, 'network', 'true', 'false')
  const environment = asked.environment ?? []
  const extra = grants && environment.find((name) => !grants.environment?.includes(name))
  if (extra !== undefined) throw missing(plugin, 'environment', show(extra), show(grants?.environment))
  return { read: list('read'), write: list('write'), programs: list('programs'), network, environment }
}

function grantList(
  plugin: string,
  kind: ListKind,
  asked: Permissions[ListKind],
  grants: Permissions | undefined,
): readonly string[] | 'all' {
  if (asked === undefined) return []
  if (grants === undefined) return asked === 'operator' ? 'all' : asked
  const granted = grants[kind]
  if (granted === 'operator') {
    throw pluginError(
      'PLUGIN_PERMISSION_MISSING',
      `\`plugins.${plugin}.permissions.${kind}\` is "operator", which only a plugin can ask for; name the values, as a list.`,
    )
  }
  if (asked === 'operator') {
    if (granted === undefined) throw missing(plugin, kind, 'a list of your choice', 'nothing')
    return granted
  }
  const covers = kind === 'programs' ? isSameProgram : isBelow
  const extra = asked.find((value) => !granted?.some((grant) => covers(value, grant)))
  if (extra !== undefined) throw missing(plugin, kind, show(extra), show(granted))
  return asked
}

/** Whether a plugin with these permissions may start a program, as it names it. */
export function mayRun(permissions: GrantedPermissions, program: string): boolean {
  return permissions.programs === 'all' || permissions.programs.some((granted) => isSameProgram(program, granted))
}

/** A grant by name does not cover a path that ends in it: the operator trusts what stands on the agent's PATH, no other file. */
function isSameProgram(program: string, granted: string): boolean {
  if (process.platform !== 'win32') return program === granted
  const plain = (name: string) => name.toLowerCase().replace(/\.(exe|com)$/, '')
  return plain(program) === plain(granted)
}

function isBelow(path: string, folder: string): boolean {
  return isInside(resolve(folder), resolve(path))
}

function missing(plugin: string, kind: keyof Permissions, asked: string, granted: string) {
  return pluginError(
    'PLUGIN_PERMISSION_MISSING',
    `The plugin ${plugin} asks for the permission \`${kind}\` ${asked}, and granted is ${granted}; grant it in \`plugins.${plugin}.permissions.${kind}\` or leave the plugin off.`,
  )
}

function show(value: readonly string[] | string | undefined): string {
  return value === undefined || value.length === 0
    ? 'nothing'
    : [value]
        .flat()
        .map((text) => JSON.stringify(text))
        .join(', ')
}
