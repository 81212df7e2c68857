import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import type { Containment, Launch, Tree } from '../containment/index.ts'
import { instructions, introduction, type Standing } from './instructions.ts'

/** Exit codes of a shell that could not become the program, as the errors of `execve` that they stand for. */
const FAILURES: Readonly<Record<number, string>> = { 126: 'EACCES', 127: 'ENOENT' }

/** A program of ours that was started ahead of need, inside its container, and waits for what it is to become. */
export interface Launcher {
  /** Resolves once it is inside its container; rejects where it could not be brought there. */
  readonly ready: Promise<void>
  /** Resolves when it is over, served or not. */
  readonly gone: Promise<void>
  /**
   * Becomes the program. For one call.
   *
   * @returns null where it can't be exactly what a direct start would be; the launcher goes on waiting then.
   */
  serve(launch: Launch): Tree | null
  dispose(): void
}

/**
 * Starts a shell that waits. It reads what it is to do from its standard input, so it ends by itself when this agent does.
 *
 * @param base environment (marker included), directory and account that it has from the start.
 * @throws Error where no process could be started.
 */
export function startLauncher(containment: Containment, base: Omit<Launch, 'program' | 'args'>): Launcher {
  const tree = containment.start({ ...base, program: '/bin/sh', args: ['-s', 'gururmm-launcher'], waits: true })
  const { child } = tree
  if (child.pid === undefined) {
    // Why comes as an event later, which would end the agent if nobody listened; without descriptors there are not even pipes.
    child.on('error', () => {})
    tree.release()
    throw new Error('no shell could be started to wait for programs')
  }
  const standing: Standing = {
    env: base.env,
    cwd: base.cwd,
    input: child.stdio.length - 2,
    report: child.stdio.length - 1,
    token: randomBytes(16).toString('hex'),
  }
  const pipes = child.stdio as unknown as readonly Socket[]
  const control = child.stdin as Writable
  const input = pipes[standing.input] as Socket
  const report = pipes[standing.report] as Socket
  // A launcher that ends early breaks its pipes; that it is gone is all there is to know.
  const ignore = (): void => {}
  for (const pipe of pipes) pipe?.on('error', ignore)
  const words: Buffer[] = []
  report.on('data', (bytes: Buffer) => words.push(bytes))
  // Read, so that its end is noticed and the descriptor given back; a program has nothing to say there.
  input.resume()
  control.write(introduction(standing))
  hold(tree, 'unref')

  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  return {
    ready: tree.ready ?? Promise.resolve(),
    gone,
    serve(launch) {
      const text = child.exitCode === null && child.signalCode === null ? instructions(launch, standing) : null
      if (text === null) return null
      hold(tree, 'ref')
      control.end(text)
      input.off('error', ignore)
      const isReported = () => Buffer.concat(words).toString('latin1').includes(standing.token)
      return { ...tree, input, failure: () => failureOf(tree, report, isReported) }
    },
    dispose() {
      child.ref()
      for (const pipe of pipes) pipe?.destroy()
      tree.kill()
      void gone.then(() => tree.release())
    },
  }
}

/** Whether a process and its pipes keep this one alive. */
function hold({ child }: Tree, how: 'ref' | 'unref'): void {
  child[how]()
  for (const pipe of child.stdio as unknown as readonly (Socket | null)[]) pipe?.[how]()
}

/** Why the shell could not become the program, by its own words, once it has ended; null where it became it. */
async function failureOf({ child }: Tree, report: Readable, isReported: () => boolean): Promise<Error | null> {
  const code = FAILURES[child.exitCode ?? 0]
  // Nearly always the program's own end: then there is nothing to wait for.
  if (code === undefined) return null
  if (!report.destroyed) await new Promise((resolve) => report.once('close', resolve))
  return isReported() ? Object.assign(new Error(`spawn ${code}`), { code }) : null
}
