import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { constants, tmpdir } from 'node:os'
import path from 'node:path'

const TIMEOUT_MS = 300_000
/** How long what goes on may take to end after Ctrl-C. */
const END_MS = 60_000

/** How a command ended, and all it printed. */
export interface Ended {
  readonly code: number
  readonly output: string
}

/** One reader at one terminal: what a command changes (folder, variables, aliases) is there for the next. */
export interface Session {
  run(command: string): Promise<Ended>
  /** Starts a command that goes on until it is stopped; resolves once its output matches `ready`. */
  startAside(command: string, ready: RegExp): Promise<void>
  /** The folder it is in now. */
  folder(): Promise<string>
  /** Presses Ctrl-C for all that goes on; answers the exit code of each. */
  close(): Promise<readonly Ended[]>
}

interface Aside {
  readonly pid: number
  readonly ended: Promise<Ended>
}

export async function openSession(cwd: string, env: NodeJS.ProcessEnv): Promise<Session> {
  const scratch = await mkdtemp(path.join(tmpdir(), 'gururmm-docs-'))
  const shell = spawn('bash', ['--noprofile', '--norc'], { cwd, env, stdio: ['pipe', 'pipe', 'inherit'] })
  shell.stdin.write('shopt -s expand_aliases; exec 2>&1\n')
  const asides: Aside[] = []
  // A test that is cut off leaves nothing on the reader's ports.
  process.once('exit', () => {
    for (const { pid } of asides) signalGroup(pid, 'SIGKILL')
  })
  let count = 0

  /** The command comes from a file, so that what it starts cannot read the commands after it. */
  async function run(command: string): Promise<Ended> {
    const script = path.join(scratch, `${++count}.sh`)
    await writeFile(script, `${command}\n`)
    const mark = `--- ${count} ended with `
    shell.stdin.write(`. '${script}' </dev/null; printf '\\n${mark}%s ---\\n' "$?"\n`)
    const output = await readUntil(shell.stdout, new RegExp(`\\n${mark}(\\d+) ---\\n`), command)
    const [text = '', code] = output.split(new RegExp(`\\n${mark}(\\d+) ---\\n`))
    return { code: Number(code), output: text }
  }

  async function currentFolder(): Promise<string> {
    return (await run('pwd')).output.trimEnd()
  }

  async function startAside(command: string, ready: RegExp): Promise<void> {
    const state = path.join(scratch, `state-${asides.length}.sh`)
    await run(`{ export -p; alias -p; } > '${state}'`)
    const script = `shopt -s expand_aliases; . '${state}'; exec 2>&1\n${command}`
    const folder = await currentFolder()
    const child = spawn('bash', ['--noprofile', '--norc', '-c', script], {
      cwd: folder,
      env,
      // A group of its own, as a terminal gives it: Ctrl-C reaches all of it.
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    const ended = once(child, 'exit').then(([code, signal]) => ({
      code: code ?? 128 + (constants.signals[signal as NodeJS.Signals] ?? 0),
      output,
    }))
    await once(child, 'spawn')
    asides.push({ pid: child.pid ?? 0, ended })
    await Promise.race([
      readUntil(child.stdout, ready, command),
      ended.then(({ code }) => {
        throw new Error(`\`${command}\` should have gone on, and ended with ${code}:\n${output}`)
      }),
    ])
  }

  return {
    run,
    startAside,
    folder: currentFolder,
    async close() {
      const ends: Ended[] = []
      for (const aside of asides.reverse()) ends.push(await interrupt(aside))
      shell.stdin.end()
      await once(shell, 'exit')
      await rm(scratch, { recursive: true, force: true })
      return ends
    },
  }
}

/** Presses Ctrl-C for a process group; one that does not heed it is killed, and ends with 137. */
async function interrupt({ pid, ended }: Aside): Promise<Ended> {
  signalGroup(pid, 'SIGINT')
  const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), END_MS)
  const end = await ended
  clearTimeout(timer)
  return end
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    // It has ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Collects what `stream` says until it matches; throws with it when that takes too long. */
function readUntil(stream: NodeJS.ReadableStream, pattern: RegExp, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const done = (settle: () => void) => {
      clearTimeout(timer)
      stream.off('data', look)
      settle()
    }
    const timer = setTimeout(() => {
      done(() => reject(new Error(`\`${command}\` did not get to ${pattern} in ${TIMEOUT_MS / 1000} s:\n${text}`)))
    }, TIMEOUT_MS)
    const look = (chunk: Buffer | string) => {
      text += chunk
      if (pattern.test(text)) done(() => resolve(text))
    }
    stream.on('data', look)
  })
}
