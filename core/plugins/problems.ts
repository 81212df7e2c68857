import type { Failure, RunResult } from '../dispatch/contract.ts'
import type { PluginSettings, PluginStatus } from './contract.ts'
import { describeThrown, isPluginError, pluginError } from './plugin-error.ts'

/** What the status says of an error on a plugin's way in. */
export function problemOf(error: unknown): Failure {
  if (isPluginError(error)) return { code: error.code, message: error.message }
  return { code: 'PLUGIN_LOAD_FAILED', message: `The plugin could not be loaded: ${describeThrown(error)}` }
}

/** The line of the log that goes with a plugin's problem; its status says the same. */
export const PROBLEM_LINE = 'a plugin has a problem'

/** The reason of a plugin that the config itself switches off. */
export const OFF_IN_CONFIG = 'It is switched off in the config.'

/** Why a plugin is off; null: it is not. */
export function offReason({ enabled, narrowing }: PluginSettings): string | null {
  if (!enabled) return OFF_IN_CONFIG
  return narrowing?.off ?? null
}

export function notReloadable(plugin: string): Error {
  const message = `The plugin ${plugin} is shipped with the agent and runs in its process, where code can't be replaced; start the agent anew.`
  return pluginError('PLUGIN_RELOAD_UNAVAILABLE', message)
}

/** Names the place that says whether a plugin is on. */
export function switchRuleOf(plugin: string, { enabled, narrowing, ruleOf }: PluginSettings): string {
  const keys = ['plugins', plugin, 'enabled']
  if (enabled && (narrowing?.off ?? null) !== null) return `${narrowing?.source}: ${keys.join('.')}`
  return ruleOf?.(keys) ?? keys.join('.')
}

/** What a command is told whose plugin is not enabled. */
export function refusalOf(
  type: string,
  plugin: string,
  { state, settings, problem }: { readonly state: PluginStatus['state'] } & Why,
): Failure {
  if (state === 'disabled') {
    const rule = switchRuleOf(plugin, settings)
    const who = settings.enabled && settings.narrowing !== undefined ? `by the ${settings.narrowing.source}` : 'here'
    const message = `\`${type}\` is switched off ${who} with its plugin ${plugin}; enable the plugin if the command should run.`
    return { code: 'PLUGIN_DISABLED', message, rule }
  }
  const why = problem === null ? '.' : `: ${problem.message}`
  return {
    code: 'PLUGIN_UNAVAILABLE',
    message: `\`${type}\` can't run because its plugin ${plugin} is not working${why}`,
  }
}

interface Why {
  readonly settings: PluginSettings
  readonly problem: Failure | null
}

/** A plugin names the key of its config that refuses; the host knows the place in the file. */
export function withPlace(result: RunResult, plugin: string, { ruleOf }: PluginSettings): RunResult {
  const { rule } = result.failure ?? {}
  if (rule === undefined || ruleOf === undefined || !rule.startsWith(`plugins.${plugin}.`)) return result
  return { ...result, failure: { ...(result.failure as Failure), rule: ruleOf(rule.split('.')) } }
}

/** The result of a command that its plugin did not run. */
export function refusedResult(failure: Failure): RunResult {
  return { exitCode: -1, stdout: '', stderr: failure.message, failure }
}
