import { basename } from 'node:path'
import { type JsonObject, valueAt } from './merge.ts'
import type { Overrides } from './overrides.ts'

/**
 * Names the place that says a key of the config, as refusals tell it: `agent.config.json: sites.clinic.plugins.shell.enabled`,
 * `environment variable GURURMM_…`, `flag --set …`, or `default: …` where nothing sets it.
 */
export type RuleOf = (keys: readonly string[]) => string

/** The layers of a config, for {@link RuleOf}. */
export interface Layers {
  readonly file: string
  readonly fromFile: JsonObject
  readonly site: string
  readonly overrides: readonly Overrides[]
}

export function ruleNamer({ file, fromFile, site, overrides }: Layers): RuleOf {
  return (keys) => {
    const name = keys.join('.')
    const source = overrides.findLast(({ sources }) => sources.has(name))?.sources.get(name)
    if (source !== undefined) return source
    if (valueAt(fromFile, ['sites', site, ...keys]) !== undefined) return `${basename(file)}: sites.${site}.${name}`
    return valueAt(fromFile, keys) === undefined ? `default: ${name}` : `${basename(file)}: ${name}`
  }
}
