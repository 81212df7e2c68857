import { type ChildProcess, spawn } from 'node:child_process'

/** A program that runs for as long as it is measured. */
export interface Daemon {
  readonly pid: number
  /** By performance.now(). */
  readonly startedAt: number
  /** Rejects when the program ends, with what it last said; never resolves. */
  readonly failed: Promise<never>
  /** SIGTERM, and SIGKILL after 10 s. */
  stop(): Promise<void>
}

const KEPT_WORDS = 2000

/** Starts a program without a shell; its standard error is kept for the day it fails. */
export function startDaemon(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Daemon {
  const startedAt = performance.now()
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  const words = lastWords(child)
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  let stopping = false
  const failed = ended.then((): Promise<never> => {
    if (stopping) return new Promise(() => {})
    const end = child.signalCode ?? `exit code ${child.exitCode}`
    throw new Error(`${program} ended by itself (${end}): ${words().trim() || 'it said nothing'}`)
  })
  // Whoever waits for the peer gets it; nobody has to.
  failed.catch(() => {})
  return {
    pid: child.pid ?? 0,
    startedAt,
    failed,
    async stop() {
      stopping = true
      child.kill('SIGTERM')
      const force = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await ended
      clearTimeout(force)
    },
  }
}

/** An agent logs each command: the pipe must be emptied, and only its end be kept. */
function lastWords(child: ChildProcess): () => string {
  let words = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-KEPT_WORDS)
  })
  child.on('error', (error) => {
    words += error.message
  })
  return () => words
}
