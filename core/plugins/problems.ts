import type { Failure } from '../dispatch/contract.ts'
import type { PluginStatus } from './contract.ts'
import { describeThrown, isPluginError } from './plugin-error.ts'

/** What the status says of an error on a plugin's way in. */
export function problemOf(error: unknown): Failure {
  if (isPluginError(error)) return { code: error.code, message: error.message }
  return { code: 'PLUGIN_LOAD_FAILED', message: `The plugin could not be loaded: ${describeThrown(error)}` }
}

/** What a command is told whose plugin is not enabled. */
export function refusalOf(
  type: string,
  plugin: string,
  state: PluginStatus['state'],
  problem: Failure | null,
): Failure {
  if (state === 'disabled') {
    const message = `\`${type}\` is switched off here with its plugin ${plugin}; enable the plugin if the command should run.`
    return { code: 'PLUGIN_DISABLED', message }
  }
  const why = problem === null ? '.' : `: ${problem.message}`
  return {
    code: 'PLUGIN_UNAVAILABLE',
    message: `\`${type}\` can't run because its plugin ${plugin} is not working${why}`,
  }
}
