import type { Manifest, OperatorLimits } from '@gururmm/plugin-sdk'
import { valueAt } from '../config/merge.ts'
import { narrowLimits } from '../limits/narrow.ts'
import type { Narrowing, PluginSettings } from './contract.ts'

/** The settings that limits come from. */
export interface LimitLayers {
  readonly limits?: PluginSettings['limits'] | undefined
  readonly narrowing?: Narrowing | undefined
  readonly ruleOf?: PluginSettings['ruleOf'] | undefined
}

/** What the operator allows one command type: the config's limits laid over the plugin's own. */
export function ownLimitsOf(manifest: Manifest, type: string, limits: PluginSettings['limits'] = {}): OperatorLimits {
  return { ...manifest.commands[type]?.limits, ...(Object.hasOwn(limits, type) ? limits[type] : {}) }
}

/** {@link ownLimitsOf} of each of a plugin's types. */
export function ownLimitsByType(
  manifest: Manifest | undefined,
  limits: PluginSettings['limits'],
): Readonly<Record<string, OperatorLimits>> {
  const types = Object.keys(manifest?.commands ?? {})
  return Object.fromEntries(types.map((type) => [type, ownLimitsOf(manifest as Manifest, type, limits)]))
}

/** The limits in force for one command type. */
export function limitsOf(manifest: Manifest, type: string, { limits, narrowing }: LimitLayers): OperatorLimits {
  const own = ownLimitsOf(manifest, type, limits)
  const narrower = narrowing !== undefined && Object.hasOwn(narrowing.limits, type) ? narrowing.limits[type] : undefined
  return narrower === undefined ? own : narrowLimits(own, narrower)
}

/** Names the place that says a limit of a command type (`rate`, or `perUser`, `rate`), for refusals. */
export function limitRuleOf(manifest: Manifest, type: string, layers: LimitLayers, limit: readonly string[]): string {
  const at = (limits: unknown) => JSON.stringify(valueAt(limits, limit))
  const keys = ['plugins', manifest.name, 'limits', type, ...limit]
  if (at(limitsOf(manifest, type, layers)) !== at(ownLimitsOf(manifest, type, layers.limits))) {
    return `${layers.narrowing?.source}: ${keys.join('.')}`
  }
  const isConfigured = valueAt(layers.limits, [type, ...limit.slice(0, 1)]) !== undefined
  if (!isConfigured) return `default of the plugin ${manifest.name}: commands.${type}.limits.${limit.join('.')}`
  return layers.ruleOf?.(keys) ?? keys.join('.')
}
