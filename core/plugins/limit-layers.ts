import type { Limits, Manifest } from '@gururmm/plugin-sdk'
import { narrowLimits } from '../limits/narrow.ts'
import { canonicalJson } from '../protocol/canonical-json.ts'
import type { Narrowing, PluginSettings } from './contract.ts'

/** The settings that limits come from. */
export interface LimitLayers {
  readonly limits?: PluginSettings['limits'] | undefined
  readonly narrowing?: Narrowing | undefined
  readonly ruleOf?: PluginSettings['ruleOf'] | undefined
}

/** What the operator allows one command type: the config's limits laid over the plugin's own. */
export function ownLimitsOf(manifest: Manifest, type: string, limits: PluginSettings['limits'] = {}): Limits {
  return { ...manifest.commands[type]?.limits, ...(Object.hasOwn(limits, type) ? limits[type] : {}) }
}

/** The limits in force for one command type. */
export function limitsOf(manifest: Manifest, type: string, { limits, narrowing }: LimitLayers): Limits {
  const own = ownLimitsOf(manifest, type, limits)
  const narrower = narrowing !== undefined && Object.hasOwn(narrowing.limits, type) ? narrowing.limits[type] : undefined
  return narrower === undefined ? own : narrowLimits(own, narrower)
}

/** Names the place that says a limit of a command type (`concurrent`, `rate`, …), for refusals. */
export function limitRuleOf(manifest: Manifest, type: string, layers: LimitLayers, limit: string): string {
  const own = ownLimitsOf(manifest, type, layers.limits)
  const inForce = limitsOf(manifest, type, layers)
  const key = limit.split('.')[0] as keyof Limits
  const keys = ['plugins', manifest.name, 'limits', type, ...limit.split('.')]
  if (canonicalJson(inForce[key] ?? null) !== canonicalJson(own[key] ?? null)) {
    return `${layers.narrowing?.source}: ${keys.join('.')}`
  }
  const isConfigured = layers.limits?.[type]?.[key] !== undefined
  if (!isConfigured) return `default of the plugin ${manifest.name}: commands.${type}.limits.${limit}`
  return layers.ruleOf?.(keys) ?? keys.join('.')
}
