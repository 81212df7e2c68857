import { randomUUID } from 'node:crypto'
import { userInfo } from 'node:os'
import type { ProgressItem } from '../../dispatch/contract.ts'
import type { AgentControl } from '../../local/index.ts'
import type { CommandPayload, CommandResultPayload } from '../../protocol/messages.ts'
import { terminalAsker } from '../ask-terminal.ts'
import { processExitCode } from '../exit-codes.ts'
import { load } from '../load.ts'
import { withAgent } from '../local-agent.ts'
import { note, print, safe, styleError } from '../output.ts'
import { createProgressPrinter } from '../progress-printer.ts'
import { createStreamPrinter } from '../stream-printer.ts'
import { readCommand, readInputFile } from '../type-arguments.ts'
import type { Call } from '../verb.ts'

interface RunFlags {
  readonly timeout?: number
  readonly input?: string
  readonly elevated?: boolean
  readonly json?: boolean
}

/** `run`: one command, by the running agent or in this process. Ends with the command's own exit code. */
export async function act(call: Call): Promise<number> {
  const flags = call.opts<RunFlags>()
  const fromFile = flags.input === undefined ? {} : await readInputFile(flags.input)
  return withAgent(await load(call), async (agent) => {
    const payload: CommandPayload = {
      id: randomUUID(),
      ...(await readCommand(agent, call.args, fromFile)),
      timeout_seconds: flags.timeout ?? null,
      elevated: flags.elevated ?? false,
      requested_by: { user: userName(), role: null },
    }
    const result = await withInterrupt((signal) => runAndPrint(agent, payload, signal, flags.json ?? false))
    return processExitCode(result.exit_code)
  })
}

async function runAndPrint(
  agent: AgentControl,
  payload: CommandPayload,
  signal: AbortSignal,
  asJson: boolean,
): Promise<CommandResultPayload> {
  if (asJson) {
    const onProgress = ({ stream, data }: ProgressItem) => {
      if (stream === 'event') print(JSON.stringify({ progress: data }))
    }
    const result = await agent.run(payload, { signal, onProgress })
    print(JSON.stringify(result))
    return result
  }
  const printers = {
    stdout: createStreamPrinter((text) => void process.stdout.write(text)),
    stderr: createStreamPrinter((text) => void process.stderr.write(text)),
  }
  const events = createProgressPrinter(
    (text) => void process.stderr.write(text),
    () => process.stderr.columns,
  )
  const onProgress = (item: ProgressItem) => {
    if (item.stream !== 'event') printers[item.stream].piece(item.offset, item.data)
    else if (process.stderr.isTTY) events.event(item.data)
  }
  const asker = terminalAsker(payload.requested_by?.user ?? null)
  const result = await agent.run(payload, { signal, onProgress, ...(asker && { asker }) })
  events.finish()
  // What just stood there as it was written need not stand there twice.
  const isShown = process.stdout.isTTY && events.answer !== '' && events.answer.trim() === result.stdout.trim()
  if (!isShown) printers.stdout.finish(result.stdout, result.truncation?.stdout?.total_bytes ?? null)
  // Else the shell's prompt would stand behind it; a file or a pipe gets the output as it is
  if (!isShown && process.stdout.isTTY && /[^\n]$/.test(result.stdout)) process.stdout.write('\n')
  printers.stderr.finish(result.stderr, result.truncation?.stderr?.total_bytes ?? null)
  printFailure(result)
  return result
}

/** What the text on standard error does not tell: the code for machines, and when to come back. */
function printFailure({ error, stderr }: CommandResultPayload): void {
  if (error === null || error === undefined) return
  if (stderr !== '' && !stderr.endsWith('\n')) process.stderr.write('\n')
  const retry =
    error.retry_after_seconds === undefined ? '' : `; try again in ${Math.ceil(error.retry_after_seconds)} s`
  const rule = error.rule === undefined ? '' : `; rule: ${safe(error.rule)}`
  const cause = error.cause === undefined ? '' : `; with it: ${safe(error.cause)}`
  note(styleError('red', `gururmm-agent: ${safe(error.code)}${retry}${rule}${cause}`))
}

/** Ctrl-C cancels the command, whose result then says so; a second one ends this process. */
async function withInterrupt<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController()
  const cancel = () => stop.abort()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, cancel)
  try {
    return await work(stop.signal)
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, cancel)
  }
}

/** Null for a user id that no account has, as containers like to use. */
function userName(): string | null {
  try {
    return userInfo().username
  } catch {
    return null
  }
}
