import { CommandError } from '@gururmm/plugin-sdk'
import type { Failure } from '../../dispatch/contract.ts'
import type { PluginHealth } from '../hosted-plugin.ts'
import type { Breaker } from './breaker.ts'
import type { IsolatedParts } from './options.ts'
import { MAX_MESSAGE_BYTES } from './peer.ts'

/** What the status says of a plugin whose process was lost, or could not be started. */
export function healthOf(problem: Failure, breaker: Breaker): PluginHealth {
  const wait = secondsLeft(breaker)
  const when =
    wait === 0 ? 'The next command starts it again.' : `It is started again in ${wait} seconds at the earliest.`
  const crash = problem.code === 'PLUGIN_CRASHED'
  return {
    state: breaker.quarantined || !crash ? 'failed' : 'enabled',
    code: breaker.quarantined && crash ? 'PLUGIN_QUARANTINED' : problem.code,
    message: `${problem.message} ${when}`,
  }
}

/** What a command gets whose process was lost while it ran. */
export function crashed({ plugin, redactor }: IsolatedParts, doing: string, cause: string): CommandError {
  const message = `The process of the plugin ${plugin} ended while it ${doing}: ${redactor.redact(cause)}.`
  return new CommandError('PLUGIN_CRASHED', message, { refused: true })
}

/** What a command gets for which no process could be had. */
export function unavailable(plugin: string, problem: Failure | null, breaker: Breaker): CommandError {
  const why = problem?.message ?? 'It is being stopped.'
  const wait = secondsLeft(breaker)
  const message = `The plugin ${plugin} is not working: ${why}`
  return new CommandError('PLUGIN_UNAVAILABLE', message, {
    refused: true,
    ...(wait > 0 && { retryAfterSeconds: wait }),
  })
}

export function tooLarge(plugin: string, type: string): CommandError {
  const message = `The plugin ${plugin} returned more than ${MAX_MESSAGE_BYTES} bytes (\`${type}\`); it must return less, or let a program write it.`
  return new CommandError('RESULT_INVALID', message)
}

function secondsLeft(breaker: Breaker): number {
  return Math.ceil(breaker.waitMs() / 1000)
}
