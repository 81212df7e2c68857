import type { BenchResult } from './bench.ts'

/** Failures that say something of the plugin's code, and what to do about each. */
const FAULTS: Readonly<Record<string, string>> = {
  HANDLER_FAILED: 'the handler threw; catch it, or throw a CommandError that says what is wrong',
  HANDLER_STUCK: 'the handler went on after its command was stopped; give `ctx.signal` to what it waits for',
  RESULT_INVALID: 'what the handler returned does not fit',
  PLUGIN_CRASHED: 'the plugin’s process was lost',
  PLUGIN_UNAVAILABLE: 'the plugin was not working',
  COMMAND_TIMED_OUT: 'the handler did not end in time',
}

/**
 * Whether a command ended as commands may: with an outcome, or an error that somebody thought of.
 *
 * @param expected codes that are meant to come here.
 * @returns what is wrong; undefined: nothing.
 */
export function problemWith(result: BenchResult, expected: readonly string[] = []): string | undefined {
  const { failure, log } = result
  // The result says why the command was stopped, and the log that the handler did not care
  if (log.some(({ fields }) => (fields as { code?: unknown }).code === 'HANDLER_STUCK')) return FAULTS.HANDLER_STUCK
  if (failure === undefined || expected.includes(failure.code)) return undefined
  const fault = FAULTS[failure.code]
  return fault === undefined ? undefined : `${fault} (${failure.code}: ${shorten(failure.message)}${thrownBy(result)})`
}

/** What the agent's log has of a throw, with its place in the author's files. */
function thrownBy({ failure, log }: BenchResult): string {
  if (failure?.code !== 'HANDLER_FAILED') return ''
  const { message = '', stack = '' } =
    (log.find(({ fields }) => 'err' in fields)?.fields as { err?: { message?: string; stack?: string } })?.err ?? {}
  const place = /^\s+at .*?\(?((?:[^\s():]+):\d+:\d+)\)?$/m.exec(
    stack.replaceAll(/^\s+at .*(?:node:|\/).*\n?/gm, ''),
  )?.[1]
  return message === '' ? '' : ` It threw: ${shorten(message)}${place === undefined ? '' : `, at ${place}`}`
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > 300 ? `${line.slice(0, 300)}…` : line
}
