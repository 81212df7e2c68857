import { createInterface } from 'node:readline/promises'
import type { Asker } from '../approvals/index.ts'
import { safe, styleError } from './output.ts'

/** Asks whoever sits at the terminal; undefined where there is none. Questions come one after the other. */
export function terminalAsker(user: string | null): Asker | undefined {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined
  let before: Promise<unknown> = Promise.resolve()
  return ({ tool, target, rule, seconds }, signal) => {
    const what = `${safe(tool)}${target === null ? '' : ` ${safe(target)}`}`
    const text = `May this be done? ${what} (${safe(rule)}; ${seconds} s) [y/N] `
    const asked = before.then(async () => ({ approved: await ask(text, signal), by: user ?? 'the terminal' }))
    before = asked.catch(() => {})
    return asked
  }
}

async function ask(text: string, signal: AbortSignal): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  // It would keep Ctrl-C, which is to cancel the command, to itself
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    return /^y(es)?$/i.test((await terminal.question(styleError('yellow', text), { signal })).trim())
  } finally {
    terminal.close()
  }
}
