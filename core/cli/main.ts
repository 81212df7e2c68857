import { endWith } from './outcome.ts'
import { createProgram } from './program.ts'

// A reader that goes away (`gururmm-agent status | head -1`) is no fault of ours
process.stdout.on('error', () => {})

await endWith(() => createProgram().parseAsync())
