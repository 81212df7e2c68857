import { STREAMS } from '../../dispatch/contract.ts'
import type { HistoryDetail } from '../../journal/index.ts'
import type { HistoryReader } from '../../query/index.ts'
import { EXIT } from '../exit-codes.ts'
import { dataLines } from '../history/data-lines.ts'
import { inFull } from '../history/in-full.ts'
import { lengthText, momentText } from '../history/times.ts'
import { tellOutput } from '../history/whole-output.ts'
import { load } from '../load.ts'
import { withHistory } from '../local-agent.ts'
import { print, printJson, safe, style } from '../output.ts'
import type { Call } from '../verb.ts'

/** `history show ID`: one command in full, with its output as far as it is kept. */
export async function act(call: Call): Promise<number> {
  const [id = ''] = call.args
  const { json, utc = false } = call.opts<{ json?: boolean; utc?: boolean }>()
  await withHistory(await load(call), async (history) => {
    const detail = await history.show(id)
    if (json) printJson(await inFull(history, detail))
    else await show(history, detail, utc)
  })
  return EXIT.ok
}

async function show(history: HistoryReader, detail: HistoryDetail, utc: boolean): Promise<void> {
  for (const [name, value] of factsOf(detail, utc))
    if (value !== null) print(`${style('bold', name.padEnd(9))}  ${value}`)
  const { result } = detail
  section('input', inputLines(detail))
  section('data', result?.data === undefined ? [] : dataLines(result.data))
  section('usage', result?.usage === undefined ? [] : dataLines(result.usage))
  for (const stream of STREAMS) await showStream(history, detail, stream)
}

function factsOf(detail: HistoryDetail, utc: boolean): [string, string | null][] {
  const { id, type, plugin, origin, user, role, exitCode, durationMs, timeoutSeconds, result } = detail
  const at = (ms: number | null) => (ms === null ? null : momentText(ms, utc))
  const who = [user, role === null ? null : `(${role})`].filter((part) => part !== null).join(' ')
  const error = result?.error ?? null
  return [
    ['command', safe(id)],
    ['type', safe(plugin === null || plugin === type ? type : `${type} (plugin ${plugin})`)],
    ['from', safe(who === '' ? origin : `${origin}: ${who}`)],
    ['state', detail.state === 'tombstone' ? 'forgotten but for these facts' : detail.state],
    ['received', at(detail.receivedAt)],
    ['started', at(detail.startedAt)],
    ['ended', at(detail.finishedAt)],
    ['confirmed', at(detail.acknowledgedAt)],
    ['took', durationMs === null ? null : lengthText(durationMs)],
    ['deadline', timeoutSeconds === null ? null : `${timeoutSeconds} s`],
    ['elevated', detail.elevated ? 'yes' : null],
    ['exit code', exitCode === null ? null : style(exitCode === 0 ? 'green' : 'red', String(exitCode))],
    ['error', error === null ? detail.errorCode : `${safe(error.code)}: ${safe(error.message)}`],
  ]
}

/** The wire's `command` text stands beside the input; for types that take it, it is a field of it. */
function inputLines({ input, commandText }: HistoryDetail): readonly string[] {
  if (input === undefined) return ['not kept any more']
  const text = commandText === null || commandText === '' ? {} : { command: commandText }
  return dataLines(typeof input === 'object' && !Array.isArray(input) ? { ...text, ...input } : input)
}

function section(name: string, lines: readonly string[]): void {
  if (lines.length === 0) return
  print('')
  print(style('bold', name))
  for (const line of lines) print(`  ${line}`)
}

async function showStream(history: HistoryReader, detail: HistoryDetail, stream: 'stdout' | 'stderr'): Promise<void> {
  let last = ''
  await tellOutput(history, detail, stream, (text) => {
    if (text === '') return
    if (last === '') print(`\n${style('bold', stream)}`)
    process.stdout.write(printable(text))
    last = text
  })
  if (last !== '' && !last.endsWith('\n')) print('')
}

/** A program's output may steer a terminal; a file or a pipe gets it as it was. */
function printable(text: string): string {
  if (!process.stdout.isTTY) return text
  return text.split('\n').map(safe).join('\n')
}
