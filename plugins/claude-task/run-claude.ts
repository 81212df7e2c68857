import type { CommandContext, Directory, Run, RunEnd } from '@gururmm/plugin-sdk'
import { makeEventReader } from './events/parse.ts'
import { makeTranscript, type Transcript } from './events/transcript.ts'
import { makeTeller } from './progress.ts'

/** A longer line is cut by the runner and then no JSON: it bounds memory, and no answer of a model comes near it. */
const MAX_LINE_BYTES = 16 * 1024 * 1024
/** After its result the CLI may wait for work of its own; the answer need not. */
const AFTER_RESULT_MS = 5000
/** How much of the CLI's standard error is kept, in UTF-16 units. */
const MAX_COMPLAINT = 2048

/** One start of the CLI. */
export interface Launch {
  readonly program: string
  readonly args: readonly string[]
  readonly env: Record<string, string>
  readonly directory: Directory
  /** Goes to standard input, nowhere else: arguments are there for every user of the machine to read. */
  readonly prompt: string
  readonly idleTimeoutSeconds: number
}

/** What a run of the CLI showed. */
export interface Observation {
  readonly transcript: Transcript
  readonly end: RunEnd
  /** The end of its standard error. */
  readonly complaint: string
}

/**
 * Runs the CLI and resolves once nothing of its tree is left.
 *
 * @throws CommandError of `ctx.run()`, e.g. `SPAWN_FAILED`.
 */
export async function runClaude(launch: Launch, ctx: Pick<CommandContext, 'run' | 'progress'>): Promise<Observation> {
  const run = ctx.run(launch.program, launch.args, {
    cwd: launch.directory,
    env: launch.env,
    output: 'plugin',
    maxLineBytes: MAX_LINE_BYTES,
    idleTimeoutSeconds: launch.idleTimeoutSeconds,
  })
  const reading = Promise.all([readEvents(run, ctx.progress.bind(ctx)), readComplaint(run), run.ended])
  run.end(launch.prompt)
  const [transcript, complaint, end] = await reading
  return { transcript, complaint, end }
}

async function readEvents(run: Run, progress: (event: object) => void): Promise<Transcript> {
  const read = makeEventReader()
  const transcript = makeTranscript()
  const teller = makeTeller(progress)
  let stopping: NodeJS.Timeout | undefined
  try {
    // Read to the end whatever comes: a CLI that cannot write loses the tail of its output, the result with it.
    for await (const line of run.lines('stdout')) {
      for (const event of read(line)) {
        for (const told of transcript.add(event)) teller.tell(told)
        if (event.kind === 'result') stopping ??= setTimeout(() => run.stop(), AFTER_RESULT_MS)
      }
    }
    // The timer must see a CLI end that closed its output and stays.
    await run.ended
  } finally {
    clearTimeout(stopping)
    teller.finish()
  }
  return transcript.read()
}

async function readComplaint(run: Run): Promise<string> {
  let complaint = ''
  for await (const line of run.lines('stderr')) complaint = `${complaint}${line}\n`.slice(-MAX_COMPLAINT)
  return complaint.toWellFormed().replace(/\s+/g, ' ').trim()
}
