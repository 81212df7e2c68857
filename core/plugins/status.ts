import type { Failure } from '../dispatch/contract.ts'
import { toldBy } from './command-type.ts'
import type { PluginSettings, PluginStatus } from './contract.ts'
import type { PluginHealth } from './hosted-plugin.ts'
import type { LimitLayers } from './limit-layers.ts'
import type { Described } from './load.ts'
import { offReason, switchRuleOf } from './problems.ts'

/** How a plugin stands, as its host shows it. */
export function statusOf(
  name: string,
  { state, problem, health }: { state: PluginStatus['state']; problem: Failure | null; health: PluginHealth | null },
  { described, wanted, limits }: { described: Described | null; wanted: PluginSettings; limits: LimitLayers },
): PluginStatus {
  const { manifest, folder = null, shipped = wanted.use === undefined } = described ?? {}
  const trouble = health ?? problem
  return {
    name,
    state: health?.state ?? state,
    reason: trouble?.message ?? (state === 'disabled' ? offReason(wanted) : null),
    rule: switchRuleOf(name, wanted),
    code: trouble?.code ?? null,
    ...toldBy(manifest, limits),
    shipped,
    folder,
  }
}
