import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'

const AGENT = path.join(import.meta.dirname, '../../bin/gururmm-agent.js')
/** Whatever the reader's shell sets for an agent or a Claude of his own has no place here. */
const NOT_PASSED = /^(GURURMM|ANTHROPIC|CLAUDE)/
const STOP_MS = 15_000

/** The agent as the published program, in a process of its own. */
export interface AgentProcess {
  readonly pid: number | undefined
  readonly logFile: string
  /** Resolves to the exit code, null where a signal ended it. */
  readonly ended: Promise<number | null>
  /** The end of what it logged. */
  logTail(): Promise<string>
  /** Asks it to stop and waits until it has; kills it after 15 seconds. */
  stop(): Promise<void>
}

export function startAgent(configFile: string): AgentProcess {
  const logFile = path.join(path.dirname(configFile), 'agent.log')
  const log = createWriteStream(logFile, { mode: 0o600 })
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !NOT_PASSED.test(name)))
  // Detached: a Ctrl-C in the terminal reaches the demo alone, which then stops the agent as a service manager would
  const child = spawn(process.execPath, [AGENT, 'start', '--config', configFile], {
    ...{ env, cwd: path.dirname(configFile), detached: process.platform !== 'win32', windowsHide: true },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.pipe(log, { end: false })
  child.stderr.pipe(log, { end: false })
  const ended = once(child, 'close').then(([code]) => {
    log.end()
    return code as number | null
  })
  return {
    pid: child.pid,
    logFile,
    ended,
    logTail: async () => (await readFile(logFile, 'utf8')).split('\n').slice(-12).join('\n'),
    async stop() {
      child.kill('SIGTERM')
      const deadline = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
      await ended.catch(() => {})
      clearTimeout(deadline)
    },
  }
}
