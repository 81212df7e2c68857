import type { Readable, Writable } from 'node:stream'
import type { CommandError, Logger, Run, RunEnd, RunOptions } from '@gururmm/plugin-sdk'
import type { Redactor } from '../redaction/index.ts'
import type { Launch, Tree } from './containment/index.ts'
import { createInput, observed } from './input.ts'
import type { RunCapture, StreamName } from './output/command-output.ts'
import type { Decoder } from './output/decode.ts'
import { createLineQueue, type LineQueue } from './output/line-queue.ts'
import { createReader, type StreamReader } from './output/reader.ts'
import { refusedRun } from './refused-run.ts'
import type { Child } from './spawn/index.ts'
import { spawnFailure } from './spawn-failure.ts'
import { createStopper, DRAIN_MS, type StopCause, type Stopper, settledWithin } from './stop.ts'

const DEFAULT_MAX_LINE_BYTES = 1_048_576
const DEFAULT_GRACE_SECONDS = 5

/** All that a run needs; nothing is looked up elsewhere. */
export interface RunSetup {
  readonly launch: Launch
  /** Starts a program in a container. Throws what `spawn` throws. */
  readonly start: (launch: Launch) => Tree
  readonly redactor: Redactor
  readonly logger: Logger
  readonly options: RunOptions
  /** Null with `output: "plugin"`. */
  readonly capture: RunCapture | null
  readonly decoder: () => Decoder | Promise<Decoder>
  readonly onOutput: (stream: StreamName, offset: number, data: string) => void | Promise<void>
  /** Looks, right after the start, whether the program is where it should be; an error ends it. */
  readonly verify: () => CommandError | null
}

/** A run as its command holds it. */
export interface HeldRun {
  readonly run: Run
  stop(cause: StopCause): void
}

/** Starts a program; does not throw: what goes wrong comes out of the run's promises. */
export function startRun(setup: RunSetup): HeldRun {
  const tree = tryStart(setup)
  if (!('child' in tree)) return { run: refusedRun(tree), stop() {} }
  const { child } = tree
  if (child.pid === undefined) {
    tree.release()
    const failed = new Promise<CommandError>((resolve) => {
      child.once('error', (error) => resolve(spawnFailure(error, setup.launch)))
    })
    return { run: refusedRun(failed), stop() {} }
  }
  return follow(setup, tree)
}

function tryStart(setup: RunSetup): Tree | CommandError {
  try {
    return setup.start(setup.launch)
  } catch (error) {
    return spawnFailure(error, setup.launch)
  }
}

interface Exit {
  readonly exitCode: number | null
  readonly signal: string | null
}

function follow(setup: RunSetup, tree: Tree): HeldRun {
  const { options, logger } = setup
  const startedAt = performance.now()
  // Where it should not be, it has no time to end in its own way.
  const problem = setup.verify()
  const graceMs = problem === null ? (options.graceSeconds ?? DEFAULT_GRACE_SECONDS) * 1000 : 0
  const exited = exitOf(tree.child, logger)
  const stopper = createStopper(tree, exited, graceMs, logger)
  const streams = createStreams(setup, tree.child, () => idle.touch())
  const idle = createIdleTimer(options.idleTimeoutSeconds, stopper, streams)
  const { input: given, child } = tree
  const input = given
    ? createInput(() => given)
    : createInput(() => child.stdin as Writable, child.closeInput?.bind(child))
  if (problem !== null) stopper.request('stop')

  const finish = async (): Promise<RunEnd> => {
    const exit = await Promise.race([
      exited,
      stopper.stopped.then(() => exited.current ?? { exitCode: null, signal: null }),
    ])
    await stopper.settle()
    idle.clear()
    tree.release()
    await streams.finish(stopper.stopped)
    if (problem !== null) throw problem
    const failure = (await tree.failure?.()) ?? null
    if (failure !== null) throw spawnFailure(failure, setup.launch)
    return {
      ...exit,
      stdout: setup.capture?.text('stdout') ?? '',
      stderr: setup.capture?.text('stderr') ?? '',
      durationMs: Math.round(performance.now() - startedAt),
      endedBy: stopper.cause ?? 'exit',
    }
  }
  const run: Run = {
    ...input,
    stop: () => stopper.request('stop'),
    lines: (stream) => streams.lines(stream),
    ended: observed(finish()),
  }
  return { run, stop: (cause) => stopper.request(cause) }
}

/** How the program itself ended; `current` for whoever does not wait. Never rejects. */
function exitOf(child: Child, logger: Logger): Promise<Exit> & { current?: Exit } {
  const exited: Promise<Exit> & { current?: Exit } = new Promise((resolve) => {
    child.once('exit', (exitCode, signal) => {
      exited.current = { exitCode, signal }
      resolve(exited.current)
    })
  })
  // After the start only a signal that could not be sent comes here; the stopper sees by itself what is left.
  child.on('error', (error) => logger.debug({ err: error, pid: child.pid }, 'a program could not be signalled'))
  return exited
}

interface Streams {
  lines(stream: StreamName): AsyncIterable<string>
  isWaiting(): boolean
  /** Waits for the rest of the output; not for more than a moment once a stop is asked for or a stranger holds the pipes. */
  finish(stopped: Promise<void>): Promise<void>
}

function createStreams(setup: RunSetup, child: Child, onActivity: () => void): Streams {
  const queues: Partial<Record<StreamName, LineQueue>> = {}
  let begun = false
  let lastActivity = performance.now()

  const readerOf = (stream: StreamName, source: Readable): StreamReader =>
    createReader(source, {
      decoder: setup.decoder(),
      redaction: setup.redactor.stream(),
      onActivity() {
        begun = true
        lastActivity = performance.now()
        onActivity()
      },
      take: (text) => both(deliver(setup, stream, text), queues[stream]?.push(text)),
    })
  const readers = [readerOf('stdout', child.stdout as Readable), readerOf('stderr', child.stderr as Readable)]
  const all = Promise.all(readers.map((reader) => reader.ended))
  const isWaiting = (): boolean => readers.some((reader) => reader.isWaiting())

  return {
    isWaiting,
    lines(stream) {
      if (begun || queues[stream] !== undefined)
        throw new Error(`lines('${stream}') must be called once, right after run()`)
      const queue = createLineQueue(setup.options.maxLineBytes ?? DEFAULT_MAX_LINE_BYTES)
      queues[stream] = queue
      return queue.read()
    },
    async finish(stopped) {
      let stopping = false
      void stopped.then(() => (stopping = true))
      while (!(await settledWithin(all, DRAIN_MS))) {
        await pendingInput()
        const quiet = performance.now() - lastActivity >= DRAIN_MS && !isWaiting()
        if (quiet || stopping) for (const reader of readers) reader.close()
      }
      begun = true
      for (const queue of Object.values(queues)) queue.close()
    },
  }
}

/**
 * Resolves when everything that had arrived by now was read. Timers come before input: after a stall of the event loop they tell of
 * silence where nobody listened.
 */
function pendingInput(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Captures and passes on; undefined where nobody has to be waited for. */
function deliver(setup: RunSetup, stream: StreamName, data: string): Promise<void> | undefined {
  if (setup.capture === null) return undefined
  const offset = setup.capture.record(stream, data)
  const onFailure = (error: unknown): void => {
    setup.logger.error({ err: error, stream, offset }, 'output could not be passed on; the result still has it')
  }
  try {
    const pending = setup.onOutput(stream, offset, data)
    return pending instanceof Promise ? pending.catch(onFailure) : undefined
  } catch (error) {
    onFailure(error)
    return undefined
  }
}

function both(one: Promise<void> | undefined, other: Promise<void> | undefined): Promise<void> | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return Promise.all([one, other]).then(() => {})
}

/** Stops the run when neither stream brought a byte for so long; time in which the program had to wait for us does not count. */
function createIdleTimer(seconds: number | undefined, stopper: Stopper, streams: Streams) {
  if (seconds === undefined) return { touch() {}, clear() {} }
  let touches = 0
  let cleared = false
  const check = async (): Promise<void> => {
    const before = touches
    await pendingInput()
    if (cleared) return
    if (touches > before || streams.isWaiting()) timer.refresh()
    else stopper.request('idle')
  }
  const timer = setTimeout(() => void check(), seconds * 1000)
  return {
    touch() {
      touches++
      timer.refresh()
    },
    clear() {
      cleared = true
      clearTimeout(timer)
    },
  }
}
