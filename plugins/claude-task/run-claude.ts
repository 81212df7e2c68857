import { randomUUID } from 'node:crypto'
import type { CommandContext, Directory, Run, RunEnd } from '@gururmm/plugin-sdk'
import type { ClaudeEvent } from './events/event.ts'
import { makeEventReader } from './events/parse.ts'
import { makeTranscript, type Transcript } from './events/transcript.ts'
import { type GateParts, makeGate } from './gate.ts'
import { startIdleTimer } from './idle.ts'
import { makeTeller } from './progress.ts'

/** A longer line is cut by the runner and then no JSON: it bounds memory, and no answer of a model comes near it. */
const MAX_LINE_BYTES = 16 * 1024 * 1024
/** After its result the CLI may wait for work of its own; the answer need not. */
const AFTER_RESULT_MS = 5000
/** How much of the CLI's standard error is kept, in UTF-16 units. */
const MAX_COMPLAINT = 2048

/** One start of the CLI. */
export interface Launch extends Pick<GateParts, 'judge' | 'approve' | 'beforeUse'> {
  readonly program: string
  readonly args: readonly string[]
  readonly env: Record<string, string>
  readonly directory: Directory
  /** Goes to standard input, nowhere else: arguments are there for every user of the machine to read. */
  readonly prompt: string
  readonly idleTimeoutSeconds: number
  /** How long at most a person is waited for. */
  readonly approvalSeconds: number
}

/** What a run of the CLI showed. */
export interface Observation {
  readonly transcript: Transcript
  readonly end: RunEnd
  /** The end of its standard error. */
  readonly complaint: string
}

/**
 * Runs the CLI, decides about each of its tool uses, and resolves once nothing of its tree is left.
 *
 * @throws CommandError of `ctx.run()`, e.g. `SPAWN_FAILED`.
 */
export async function runClaude(launch: Launch, ctx: Pick<CommandContext, 'run' | 'progress'>): Promise<Observation> {
  const run = ctx.run(launch.program, launch.args, {
    cwd: launch.directory,
    env: launch.env,
    output: 'plugin',
    maxLineBytes: MAX_LINE_BYTES,
  })
  const talk = openTalk(launch, run, (event) => ctx.progress(event))
  talk.say({ type: 'user', message: { role: 'user', content: launch.prompt } })
  const [complaint, end] = await Promise.all([readComplaint(run, talk.heard), run.ended, talk.ended])
  return { transcript: talk.read(), complaint, end: talk.hasStalled() ? { ...end, endedBy: 'idle' } : end }
}

/** Both directions of one run's conversation. */
function openTalk(launch: Launch, run: Run, progress: (event: object) => void) {
  const transcript = makeTranscript()
  const teller = makeTeller(progress)
  let stalled = false
  let stopping: NodeJS.Timeout | undefined

  // It may end before it reads what it is told; how it ended says more than that.
  const say = (message: object) => void run.write(`${JSON.stringify(message)}\n`).catch(() => {})
  const gate = makeGate({
    judge: launch.judge,
    approve(question, signal) {
      teller.tell({ kind: 'asking', ...question, seconds: launch.approvalSeconds })
      return launch.approve(question, signal)
    },
    beforeUse: launch.beforeUse,
    reply: say,
    isDecided: transcript.isDecided,
    decide(use, verdict) {
      const decided = transcript.decide(use, verdict)
      if (decided) teller.tell(decided)
      // What is not asked about is not contained: nothing more of it.
      if (transcript.read().ungated !== null) run.stop()
    },
  })
  const idle = startIdleTimer(launch.idleTimeoutSeconds, gate.isAsking, () => {
    stalled = true
    run.stop()
  })

  function take(event: ClaudeEvent): void {
    transcript.add(event)
    teller.tell(event)
    gate.take(event)
    if (event.kind === 'turn_end') say(askForUsage())
    if (event.kind !== 'result') return
    // Without more to read the CLI ends.
    run.end()
    stopping ??= setTimeout(() => run.stop(), AFTER_RESULT_MS)
  }

  async function listen(): Promise<void> {
    const read = makeEventReader()
    try {
      // Read to the end whatever comes: a CLI that cannot write loses the tail of its output, the result with it.
      for await (const line of run.lines('stdout')) {
        idle.touch()
        for (const event of read(line)) take(event)
      }
      await gate.close()
      // The timers must see a CLI end that closed its output and stays.
      await run.ended
    } finally {
      clearTimeout(stopping)
      idle.stop()
      for (const decided of transcript.close()) teller.tell(decided)
      teller.finish()
    }
  }

  return { say, heard: idle.touch, ended: listen(), read: transcript.read, hasStalled: () => stalled }
}

/**
 * What the run took so far: the CLI tells it by itself only at the end, and it is the one that knows prices. It is to look at no other
 * sessions, and to let nothing wait for the answer.
 */
function askForUsage(): object {
  const request = { subtype: 'get_usage', skip_behaviors: true, detached: true }
  return { type: 'control_request', request_id: randomUUID(), request }
}

async function readComplaint(run: Run, heard: () => void): Promise<string> {
  let complaint = ''
  for await (const line of run.lines('stderr')) {
    heard()
    complaint = `${complaint}${line}\n`.slice(-MAX_COMPLAINT)
  }
  return complaint.toWellFormed().replace(/\s+/g, ' ').trim()
}
