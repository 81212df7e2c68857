import type { CommandOutput } from '../contract.ts'
import { HeadTail } from './head-tail.ts'

export type StreamName = 'stdout' | 'stderr'

type Pair = Readonly<Record<StreamName, HeadTail>>

/** What a run with `output: "command"` writes into. */
export interface RunCapture {
  /** Records text; returns where it begins in the command's stream, in bytes. */
  record(stream: StreamName, text: string): number
  /** What this run wrote. */
  text(stream: StreamName): string
}

/**
 * Collects what the runs of a command write, for each run and for the command. Nearly every command has one run, so the
 * command's own buffers come to be only with the second.
 */
export function createCommandOutput(maxBytes: number): { open(): RunCapture; result(): CommandOutput } {
  let first: Pair | null = null
  let combined: Pair | null = null
  const newPair = (): Pair => ({ stdout: new HeadTail(maxBytes), stderr: new HeadTail(maxBytes) })

  const open = (): RunCapture => {
    const own = newPair()
    if (first === null) first = own
    else combined ??= { stdout: first.stdout.clone(), stderr: first.stderr.clone() }
    return {
      record(stream, text) {
        const offset = (combined ?? own)[stream].totalBytes
        own[stream].push(text)
        combined?.[stream].push(text)
        return offset
      },
      text: (stream) => own[stream].text(),
    }
  }
  return { open, result: () => resultOf(combined ?? first) }
}

function resultOf(pair: Pair | null): CommandOutput {
  if (pair === null) return { stdout: '', stderr: '' }
  const stdout = pair.stdout.truncation()
  const stderr = pair.stderr.truncation()
  const truncation = { ...(stdout && { stdout }), ...(stderr && { stderr }) }
  const texts = { stdout: pair.stdout.text(), stderr: pair.stderr.text() }
  return stdout || stderr ? { ...texts, truncation } : texts
}
