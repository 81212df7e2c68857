import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

/**
 * A process of its own between agent and server: to the agent it is the server, and it can be frozen and killed without the record
 * of the server being lost.
 */
export interface Relay {
  readonly url: string
  readonly port: number
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void
  /** SIGKILL: the kernel breaks its connections. */
  kill(): Promise<void>
  /** Starts it again, on the same port. */
  restart(): Promise<void>
  close(): Promise<void>
}

export async function startRelay(to: { readonly port: number }): Promise<Relay> {
  let { child, port } = await start(to.port, 0)
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  return {
    url: `ws://127.0.0.1:${port}/agent`,
    port,
    signal: (signal) => void child.kill(signal),
    kill,
    async restart() {
      ;({ child, port } = await start(to.port, port))
    },
    close: kill,
  }
}

async function start(to: number, port: number): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(path.join(import.meta.dirname, 'relay-process.ts'), [String(to), String(port)], {
    env: { PATH: process.env.PATH },
    execArgv: [],
  })
  const [listening] = (await once(child, 'message')) as [number]
  return { child, port: listening }
}
