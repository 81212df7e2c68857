import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { CommandContext } from '@gururmm/plugin-sdk'
import type { Ask } from './probe.ts'

/** Both answers come within a second on an idle machine; a loaded one may take many. */
const PATIENCE_SECONDS = 60
/** `doctor` gives a plugin's checks ten seconds together. */
const CHECK_PATIENCE_SECONDS = 4

/** Asks within a command, by the agent's runner. */
export function askThrough(run: CommandContext['run'], env: Record<string, string>): Ask {
  return async (path, args) => {
    const asked = run(path, args, { env, output: 'plugin', idleTimeoutSeconds: PATIENCE_SECONDS })
    asked.end()
    const answers = Promise.all([gather(asked.lines('stdout')), gather(asked.lines('stderr')), asked.ended])
    const [stdout, stderr, end] = await answers
    if (end.exitCode !== 0)
      throw new Error(stderr.trim() || `it ended with ${end.signal ?? `exit code ${end.exitCode}`}`)
    return stdout
  }
}

/** Asks outside any command, for `doctor`, where the agent's runner is not at hand. */
export function askDirectly(env: Record<string, string>): Ask {
  return async (path, args) => {
    // Windows starts no program without its own base variables.
    const base = Object.fromEntries(['PATH', 'SystemRoot', 'SystemDrive'].map((name) => [name, process.env[name]]))
    const options = { env: { ...base, ...env }, timeout: CHECK_PATIENCE_SECONDS * 1000, windowsHide: true }
    const { stdout } = await promisify(execFile)(path, args, options)
    return stdout
  }
}

/** All lines of a stream, joined again. */
export async function gather(lines: AsyncIterable<string>): Promise<string> {
  const all: string[] = []
  for await (const line of lines) all.push(line)
  return all.join('\n')
}
