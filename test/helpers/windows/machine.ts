import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, realpathSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { windowsNode } from './packages.ts'

export interface StartOptions {
  /** A folder of Windows (`C:\…`) or of this machine. Default: the root of drive C. */
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/** A program of Windows that runs. */
export interface WindowsProcess {
  /** Its process on this machine, not its number on Windows. */
  readonly pid: number
  /** Everything it has written so far; both streams are files. */
  stdout(): string
  stderr(): string
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>
  /** At once, as `TerminateProcess` does it: nothing in the program hears of it. */
  kill(): void
}

/** How a program of Windows ended. */
export interface WindowsEnd {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A Windows that Wine plays: drive C, registry and services of its own, in a temporary folder. */
export interface WindowsMachine {
  /** Drive C as this machine sees it. */
  readonly driveC: string
  /** `C:\Shares\test` as this machine sees it; other drives are refused. */
  hostPath(windowsPath: string): string
  /** How Windows sees a path of this machine: `C:\…` on its own drive, else `Z:\…`. */
  windowsPath(hostPath: string): string
  /**
   * Starts a program of Windows.
   *
   * @param program a path of this machine or of Windows, or a name that Windows finds (`cmd.exe`).
   */
  start(program: string, args?: readonly string[], options?: StartOptions): WindowsProcess
  /** Starts a program and waits for its end, whatever its exit code is. */
  run(program: string, args?: readonly string[], options?: StartOptions): Promise<WindowsEnd>
  /** Runs Node 22 for Windows. */
  node(args: readonly string[], options?: StartOptions): Promise<WindowsEnd>
  /** Ends everything that runs on it, and removes it. */
  close(): Promise<void>
}

/**
 * Makes an empty Windows 10 without Node, which takes some ten seconds and 700 MB on the disk; it ends with the test.
 * Nothing of the caller's environment or home reaches it, and it needs no display.
 */
export async function startWindows(t: Test): Promise<WindowsMachine> {
  const machine = await createWindows()
  t.teardown(() => machine.close())
  return machine
}

/** Like {@link startWindows}, for whoever ends it himself. */
export async function createWindows(): Promise<WindowsMachine> {
  const folder = realpathSync(await mkdtemp(path.join(tmpdir(), 'gururmm-wine-')))
  const prefix = path.join(folder, 'prefix')
  const env = environmentOf(folder, prefix)
  await mkdir(env.HOME as string)
  const driveC = path.join(prefix, 'drive_c')
  const close = async () => {
    // Its exit code says whether there was anything left to end.
    await promisify(execFile)('wineserver', ['--kill'], { env }).catch(() => {})
    await promisify(execFile)('wineserver', ['--wait'], { env }).catch(() => {})
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
  const machine = machineOf(folder, driveC, env, close)
  try {
    for (const [program, ...args] of SET_UP) {
      const { code, stderr } = await machine.run(program as string, args, { cwd: folder })
      if (code !== 0) throw new Error(`Expected ${program} to set up a Windows, found exit code ${code}: ${stderr}`)
    }
  } catch (error) {
    await close()
    throw error
  }
  return machine
}

const SET_UP = [
  ['wineboot.exe', '--init'],
  // Older than that, Node refuses to start.
  ['reg.exe', 'add', 'HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win10', '/f'],
]

function machineOf(folder: string, driveC: string, env: NodeJS.ProcessEnv, close: () => Promise<void>): WindowsMachine {
  let outputs = 0
  const hostPath = (windowsPath: string): string => {
    if (!/^c:[\\/]/i.test(windowsPath)) throw new Error(`Expected a path on drive C, found ${windowsPath}.`)
    return path.join(driveC, ...windowsPath.slice(3).split(/[\\/]/))
  }
  const start: WindowsMachine['start'] = (program, args = [], options = {}) => {
    const { cwd = 'C:\\' } = options
    // Wine's standard streams cannot be pipes of Unix: Node refuses to write to them.
    const files = [1, 2].map((stream) => path.join(folder, `${outputs}.${stream}`)) as [string, string]
    outputs++
    const [stdout, stderr] = files.map((file) => openSync(file, 'wx')) as [number, number]
    const child = spawn('wine', [program, ...args], {
      cwd: /^c:/i.test(cwd) ? hostPath(cwd) : cwd,
      env: { ...env, ...options.env },
      stdio: ['ignore', stdout, stderr],
    })
    const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }))
    for (const file of [stdout, stderr]) closeSync(file)
    return {
      pid: child.pid ?? -1,
      stdout: () => readFileSync(files[0], 'utf8'),
      stderr: () => readFileSync(files[1], 'utf8'),
      ended,
      kill: () => child.kill('SIGKILL'),
    }
  }
  const run: WindowsMachine['run'] = async (program, args, options) => {
    const process = start(program, args, options)
    const { code } = await process.ended
    return { code, stdout: process.stdout(), stderr: process.stderr() }
  }
  return {
    driveC,
    hostPath,
    windowsPath(host) {
      const inside = path.relative(driveC, host)
      const isOnC = !inside.startsWith('..') && !path.isAbsolute(inside)
      return isOnC ? path.win32.join('C:\\', inside) : path.win32.join('Z:\\', path.resolve(host))
    },
    start,
    run,
    node: async (args, options) => run(await windowsNode(), args, options),
    close,
  }
}

function environmentOf(folder: string, prefix: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    // Windows folders like Documents become links into it.
    HOME: path.join(folder, 'home'),
    // Without UTF-8 Wine finds no file with a name beyond ASCII.
    LC_ALL: 'C.UTF-8',
    WINEPREFIX: prefix,
    // Its server leaves a folder with its lock behind.
    TMPDIR: folder,
    WINEDEBUG: '-all',
    // Mono and Gecko would be downloaded, the menus of a desktop written.
    WINEDLLOVERRIDES: 'mscoree,mshtml,winemenubuilder.exe=',
  }
}
