import type { Check } from '@gururmm/plugin-sdk'
import type { Failure } from '../../dispatch/contract.ts'
import { isRecord } from './message.ts'
import type { OpenProcess } from './open-process.ts'
import type { IsolatedParts } from './options.ts'
import type { PluginProcess } from './plugin-process.ts'

/** More checks than this are left out, of a `check` that makes too many. */
const MAX_CHECKS = 100
const MAX_TEXT = 2000

/** As `HostedPlugin.validate`, under a deadline: schemas of strangers may be bombs, and their patterns may take for ever. */
export async function askValidate(
  { peer, kill }: PluginProcess,
  { plugin, redactor }: IsolatedParts,
  type: string,
  input: unknown,
  milliseconds: number,
): Promise<{ readonly input: unknown } | { readonly failure: Failure }> {
  const cause = `it did not check the input of \`${type}\` within ${milliseconds / 1000} seconds; its schema is most likely at fault`
  const answer = await withDeadline(milliseconds, () => kill(cause), peer.call('validate', { type, input }))
  if (isRecord(answer) && 'input' in answer) return { input: answer.input }
  const { code, message } = isRecord(answer) && isRecord(answer.failure) ? answer.failure : {}
  if (code === 'COMMAND_INPUT_INVALID' && typeof message === 'string') {
    return { failure: { code, message: redactor.redact(message.slice(0, MAX_TEXT)) } }
  }
  const why =
    typeof message === 'string' ? redactor.redact(message.slice(0, MAX_TEXT)) : 'It did not say whether the input fits.'
  return {
    failure: {
      code: 'PLUGIN_UNAVAILABLE',
      message: `The plugin ${plugin} can't check the input of \`${type}\`: ${why}`,
    },
  }
}

/** The plugin's own checks, as far as they are ones. */
export async function askChecks(
  { process }: OpenProcess,
  { redactor, hookTimeoutSeconds }: IsolatedParts,
): Promise<readonly Check[]> {
  const { peer, kill } = process
  const cause = 'its `check` did not end in time'
  const answer = await withDeadline(hookTimeoutSeconds * 2000, () => kill(cause), peer.call('check', {}))
  if (!Array.isArray(answer)) return []
  return answer.slice(0, MAX_CHECKS).flatMap((check: unknown) => {
    if (!isRecord(check) || typeof check.name !== 'string' || typeof check.message !== 'string') return []
    const text = (value: string) => redactor.redact(value.slice(0, MAX_TEXT))
    return [{ name: text(check.name), ok: check.ok === true, message: text(check.message) }]
  })
}

/** Lets the plugin tear down, then ends its process. Never rejects. */
export async function stopProcess({ process }: OpenProcess, { hookTimeoutSeconds }: IsolatedParts): Promise<void> {
  const kill = () => process.kill('its teardown did not end in time')
  await withDeadline(hookTimeoutSeconds * 1000 + 1000, kill, process.peer.call('tearDown', {})).catch(() => {})
  await process.close()
}

async function withDeadline<T>(milliseconds: number, late: () => void, promise: Promise<T>): Promise<T> {
  const timer = setTimeout(late, milliseconds)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
  }
}
