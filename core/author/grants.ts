import type { Manifest, Permissions } from '@gururmm/plugin-sdk'
import { grantPermissions } from '../plugins/permissions.ts'

const LISTS = ['read', 'write', 'programs'] as const

/** What `asked` means to whoever grants it, a line for each thing. */
export function permissionLines(asked: Permissions): readonly string[] {
  const words = { read: 'reads', write: 'writes', programs: 'starts' } as const
  const lists = LISTS.flatMap((kind) => {
    const values = asked[kind] ?? []
    if (values === 'operator') return [`${words[kind]} what you list in \`permissions.${kind}\``]
    return values.map((value) => `${words[kind]} ${value}`)
  })
  return [
    ...lists,
    ...(asked.network ? ['opens network connections'] : []),
    ...(asked.environment ?? []).map((name) => `sees the agent's variable ${name}`),
  ]
}

/** The least that a manifest can be granted. What only the operator can name stays as it was, at first nothing. */
export function grantsFor(asked: Permissions, before: Permissions = {}): Permissions {
  const list = (kind: (typeof LISTS)[number]) => {
    const values = asked[kind]
    if (values === undefined) return {}
    const named = before[kind] === 'operator' ? [] : (before[kind] ?? [])
    return { [kind]: values === 'operator' ? named : values }
  }
  return {
    ...Object.assign({}, ...LISTS.map(list)),
    ...(asked.network && { network: true }),
    ...(asked.environment !== undefined && asked.environment.length > 0 && { environment: asked.environment }),
  }
}

/** Whether these grants let the plugin load. */
export function isCovered({ name, permissions }: Manifest, grants: Permissions): boolean {
  try {
    grantPermissions(name, permissions, grants)
    return true
  } catch {
    return false
  }
}

/** What an operator has to set before the plugin can work: keys of its config and of its permissions. */
export function openQuestions(manifest: Manifest, config: object, grants: Permissions): readonly string[] {
  const { required = [], properties = {} } = manifest.configSchema as { required?: unknown; properties?: unknown }
  const keys = (Array.isArray(required) ? required : []).filter(
    (key): key is string => typeof key === 'string' && !Object.hasOwn(config, key) && !hasDefault(properties, key),
  )
  const unnamed = LISTS.filter((kind) => manifest.permissions[kind] === 'operator' && grants[kind]?.length === 0)
  return [...keys.map((key) => `config.${key}`), ...unnamed.map((kind) => `permissions.${kind}`)]
}

function hasDefault(properties: unknown, key: string): boolean {
  const schema = (properties as Record<string, unknown> | null)?.[key]
  return typeof schema === 'object' && schema !== null && 'default' in schema
}
