import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import type { Test } from 'tap'
import { UNBUILT } from './unbuilt.ts'

const ROOT = path.join(import.meta.dirname, '../..')

/** The demo in a process of its own. */
export interface DemoProcess {
  /** What it has printed so far. */
  output(): string
  readonly ended: Promise<{ code: number | null; signal: string | null }>
  kill(signal: NodeJS.Signals): void
}

/** Starts the demo as `npm run demo` does, and ends it with the test. It never gets an API key: it would be used. */
export function startDemo(t: Test, ...args: string[]): DemoProcess {
  const env = Object.entries(process.env).filter(([name]) => !/^(GURURMM|ANTHROPIC|CLAUDE)/.test(name))
  const command = [...UNBUILT, path.join(ROOT, 'scripts/demo.ts'), ...args]
  const child = spawn(process.execPath, command, {
    cwd: ROOT,
    env: Object.fromEntries(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }))
  t.teardown(async () => {
    child.kill('SIGTERM') // not SIGKILL: it would leave its agent behind
    await ended
    if (!t.passing()) t.comment(output)
  })
  return { output: () => output, ended, kill: (signal) => child.kill(signal) }
}

/** The folder that a demo said it keeps everything in. */
export function folderOf(output: string): string {
  return /everything is in (\S+),/.exec(output)?.[1] ?? 'no folder was named'
}
