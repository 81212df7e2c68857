import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@gururmm/plugin-sdk'
import type { Test } from 'tap'
import { Redactor } from '../../../core/redaction/index.ts'
import {
  type CommandRunner,
  type CommandRunnerOptions,
  createRunner,
  type Runner,
  type RunnerOptions,
} from '../../../core/runner/index.ts'

export const PROGRAMS = new URL('../../fixtures/programs/', import.meta.url).pathname

/** A fixture program's path. */
export const program = (name: string): string => PROGRAMS + name

/** A logger that keeps what was said. */
export function recordingLogger(): Logger & {
  readonly lines: { level: string; fields: object; message: string | undefined }[]
} {
  const lines: { level: string; fields: object; message: string | undefined }[] = []
  const at = (level: string) => (fields: object, message?: string) => void lines.push({ level, fields, message })
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** A runner that is closed with the test. */
export function testRunner(t: Test, options: Partial<RunnerOptions> = {}): Runner {
  const runner = createRunner({ logger: recordingLogger(), redactor: new Redactor(), ...options })
  t.teardown(() => runner.close())
  return runner
}

/** A command of `runner`, and the controller of its signal. */
export function testCommand(
  runner: Runner,
  options: Partial<CommandRunnerOptions> = {},
): CommandRunner & { readonly abort: (reason: 'timeout' | 'cancel' | 'shutdown') => void } {
  const controller = new AbortController()
  const command = runner.forCommand({
    commandId: 'test',
    signal: controller.signal,
    maxOutputBytes: 1024 * 1024,
    defaultCwd: '/',
    allowProgram: () => true,
    ...options,
  })
  return { ...command, abort: (reason) => controller.abort(reason) }
}

type Kind = Exclude<NonNullable<RunnerOptions['containment']>, 'auto'>

/** The kinds of containment that work on this machine: all three for root on an ordinary Linux. */
export const KINDS: readonly Kind[] = await (async () => {
  const works = async (containment: Kind): Promise<boolean> => {
    try {
      await createRunner({ logger: recordingLogger(), redactor: new Redactor(), containment }).close()
      return true
    } catch {
      return false
    }
  }
  const all: readonly Kind[] = ['cgroup', 'pid_namespace', 'process_group']
  const found = await Promise.all(all.map(works))
  return all.filter((_, index) => found[index])
})()

/** A kind of containment, and whether programs are forked when they are asked for or a waiting launcher becomes them. */
export interface Way {
  readonly name: string
  readonly containment: Kind
  readonly launchers: number
}

/** All ways in which a program is started on this machine. In a PID namespace a launcher is not the same as a direct start. */
export const WAYS: readonly Way[] = KINDS.flatMap((containment) => {
  const direct = { name: containment, containment, launchers: 0 }
  return containment === 'pid_namespace' || process.platform !== 'linux'
    ? [direct]
    : [direct, { name: `${containment}, launcher`, containment, launchers: 1 }]
})

/** A runner whose next program is started in this way, if it is /bin/sh. Fails the test where a launcher was due and did not serve. */
export async function runnerOf(t: Test, { containment, launchers }: Way): Promise<Runner> {
  const runner = testRunner(t, { containment, launchers })
  if (launchers === 0) return runner
  await prepareLauncher(t, runner)
  t.teardown(() => {
    if (runner.launchers.served === 0) throw new Error('no launcher served')
  })
  return runner
}

/** Waits until a launcher waits that can become /bin/sh. */
export async function prepareLauncher(t: Test, runner: Runner): Promise<void> {
  await testCommand(runner).run('/bin/sh', ['-c', ':']).ended
  await runner.launchers.settled()
  t.ok(runner.launchers.waiting > 0, 'a launcher waits')
}

let marks = 0

/** A number of seconds to sleep that no other process has among its arguments. */
export const newMark = (): string => `600.${process.pid}${String(++marks).padStart(3, '0')}`

/** Processes that have `mark` among their arguments. */
export async function marked(mark: string): Promise<string[]> {
  const found: string[] = []
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      if (line.includes(mark)) found.push(`${pid} ${line.replaceAll('\0', ' ')}`)
    } catch {
      // Ended meanwhile.
    }
  }
  return found
}

/** Waits for something that other processes bring about. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(10)
}

/** All lines of a stream. */
export async function collect(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = []
  for await (const line of lines) all.push(line)
  return all
}
