import { styleText } from 'node:util'
import { EXIT, exitCodeOf } from './exit-codes.ts'

/** How long what is left over may keep the finished process alive, in ms. */
const LINGER_MS = 2000

/** Does the work, and ends the process as it ended. The only place that sets the exit code. */
export async function endWith(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
    process.exitCode ??= EXIT.ok
  } catch (error) {
    process.exitCode = report(error)
  }
  // A plugin's stray timer must not keep the process; but all that was said must be out, and pipes on Windows take their time
  process.stdout.write('', () => setTimeout(() => process.exit(), LINGER_MS).unref())
}

/** Sets what the process will end with. */
export function setExitCode(code: number): void {
  process.exitCode = code
}

/** Says what went wrong, and answers the exit code for it. */
function report(error: unknown): number {
  const { name, code, message, exitCode, stack } = error as Error & { code?: string; exitCode?: number }
  // commander has said it already; it ends help and version in the same way
  if (code?.startsWith('commander.')) return exitCode === 0 ? EXIT.ok : EXIT.usage
  const isForeseen = typeof code === 'string' && /^[A-Z_]+$/.test(code) && !code.startsWith('ERR_')
  const text = isForeseen || name === 'CommandError' ? message : (stack ?? message)
  for (const line of text.split('\n')) process.stderr.write(`${prefix()}${line}\n`)
  return exitCodeOf(error)
}

function prefix(): string {
  return `${styleText('red', 'gururmm-agent:', { stream: process.stderr })} `
}
