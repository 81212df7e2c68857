import { endWith, setExitCode } from './outcome.ts'
import { readPlainStart } from './plain-start.ts'
import type { Call } from './verb.ts'

// A reader that goes away (`gururmm-agent status | head -1`) is no fault of ours
process.stdout.on('error', () => {})

const start = readPlainStart(process.argv.slice(2))
await endWith(start === undefined ? runProgram : () => startAgent(start))

async function startAgent(call: Call): Promise<void> {
  const { act } = await import('./verbs/start.ts')
  setExitCode(await act(call))
}

async function runProgram(): Promise<void> {
  const { createProgram } = await import('./program.ts')
  await createProgram().parseAsync()
}
