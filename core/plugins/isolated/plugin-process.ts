import { type ChildProcess, spawn } from 'node:child_process'
import type { Duplex, Readable } from 'node:stream'
import type { Logger } from '@gururmm/plugin-sdk'
import { captureOutput } from './captured-output.ts'
import { type Launch, signalOf } from './launch.ts'
import { connectPeer, type Peer, type PeerOptions } from './peer.ts'
import { CHANNEL_FD } from './start.ts'
import { watchProcess } from './watch.ts'

/** After the line was closed, the process may take so long to end by itself. */
const EXIT_MS = 2000

const LAST_WORDS_MS = 500

export interface ProcessOptions {
  readonly launch: Launch
  readonly cwd: string
  readonly logger: Logger
  readonly memoryMegabytes: number
  readonly tickMs: number
  readonly unresponsiveMs: number
  readonly onCall: PeerOptions['onCall']
  readonly onNote: PeerOptions['onNote']
}

/** A process that runs one plugin. */
export interface PluginProcess {
  readonly peer: Peer
  /** Settles when it has ended: with the cause, as it reads after "because". */
  readonly ended: Promise<string>
  /** Null while it lives. */
  readonly cause: string | null
  /** SIGKILL. `cause` stands, unless there was one before. */
  kill(cause: string): void
  /** Closes the line, so that the process ends; kills it where it does not. */
  close(): Promise<void>
}

/** Starts a process; it does not throw: one that could not be started is one that ended. */
export function startProcess(options: ProcessOptions): PluginProcess {
  const { launch, logger } = options
  const child = spawn(launch.program, launch.args, {
    cwd: options.cwd,
    env: { ...launch.env },
    // Out of the terminal's reach: a ^C is for the agent, which lets commands end
    detached: process.platform !== 'win32',
    windowsHide: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const captured = captureOutput(child.stdout as Readable, child.stderr as Readable, logger)
  let reason: string | null = null
  let cause: string | null = null
  const kill = (why: string): void => {
    reason ??= why
    child.kill('SIGKILL')
  }
  const peer = connectPeer(child.stdio[CHANNEL_FD] as Duplex, {
    strangers: true,
    onCall: options.onCall,
    onNote: options.onNote,
    onClosed(problem) {
      if (problem !== null) kill(problem)
      // One that closed its line but stays can't be reached any more
      else setTimeout(() => kill('it closed its line to the agent'), EXIT_MS).unref()
    },
  })
  const ended = exitOf(child).then(({ error, code, signal }) => {
    watch.stop()
    cause = reason ?? error ?? causeOf(code, signal, captured.lastErrors(), options.memoryMegabytes)
    peer.close()
    return cause
  })
  const watch = watchProcess({ ...options, peer, pid: child.pid, kill })
  return {
    peer,
    ended,
    get cause() {
      return cause
    },
    kill,
    async close() {
      peer.close()
      const timer = setTimeout(() => kill('it did not end when it was stopped'), EXIT_MS)
      await ended
      clearTimeout(timer)
    },
  }
}

interface Exit {
  readonly error?: string
  readonly code: number | null
  readonly signal: string | null
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      // What it wrote last says why, and comes after; but somebody else may hold its output open
      const late = setTimeout(() => resolve({ code, signal }), LAST_WORDS_MS)
      child.once('close', () => {
        clearTimeout(late)
        resolve({ code, signal })
      })
    })
    child.on('error', (error) => {
      // Also emitted where a signal could not be sent
      if (child.pid === undefined)
        resolve({ error: `it could not be started (${error.message})`, code: null, signal: null })
    })
  })
}

function causeOf(code: number | null, signal: string | null, errors: string, memoryMegabytes: number): string {
  if (/heap out of memory|Array buffer allocation failed/.test(errors)) {
    return `it ran out of memory (its \`memoryMegabytes\` is ${memoryMegabytes})`
  }
  const by = signal ?? signalOf(code)
  if (by !== null) return `it was ended by the signal ${by}`
  const thrown = /^(?:\w*Error|Uncaught)\b.*$/m.exec(errors)?.[0]
  if (thrown !== undefined) return `something was thrown outside of any command (${thrown.slice(0, 200)})`
  const lastLine = errors.trim().split('\n').at(-1) ?? ''
  return `it ended itself with exit code ${code}${lastLine === '' ? '' : ` (it last wrote: ${lastLine.slice(0, 200)})`}`
}
