import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { allProcesses, environmentOf } from '../../../../core/runner/containment/proc.ts'
import type { Runner } from '../../../../core/runner/index.ts'
import {
  marked,
  newMark,
  prepareLauncher,
  program,
  runnerOf,
  testCommand,
  testRunner,
  until,
  WAYS,
} from '../support.ts'

const LAUNCHED = WAYS.filter(({ launchers }) => launchers > 0)
const root = process.geteuid?.() === 0

/** Runs what starts a program, and fails where a launcher did not become it. */
async function launched<T>(t: Test, runner: Runner, run: () => Promise<T>): Promise<T> {
  await runner.launchers.settled()
  const before = runner.launchers.served
  const result = await run()
  t.equal(runner.launchers.served, before + 1, 'a launcher served')
  return result
}

/** Those of the process table that wait for a runner of this process. */
function waitingLaunchers(): number[] {
  return allProcesses().filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('gururmm-launcher') && isOurs(pid, process.pid)
    } catch {
      return false
    }
  })
}

function isOurs(pid: number, agent: number): boolean {
  return environmentOf(pid, 'GURURMM_RUN')?.split('-')[1] === String(agent)
}

if (LAUNCHED.length === 0) t.pass('this machine starts programs directly')

for (const way of LAUNCHED) {
  t.test(`${way.name}: no word is interpreted, whatever stands in it`, async (t) => {
    const runner = await runnerOf(t, way)
    const everyCharacter = Array.from({ length: 0x300 }, (_, index) => String.fromCodePoint(index + 1)).join('')
    const words = [
      '',
      ' ',
      "'",
      "''",
      "\\'",
      '"',
      '\\',
      '$HOME',
      '`id`',
      '$(id)',
      '*',
      '~',
      '\n',
      '\r',
      '!',
      '#',
      '; id',
      '-',
      '--',
      "'; id; '",
      everyCharacter,
      '\u{1f600}',
    ]
    const script = 'for word; do printf "%s|" "$word"; done; printf "%s" "$FOREIGN"'
    const { stdout } = await launched(
      t,
      runner,
      () =>
        testCommand(runner).run('/bin/sh', ['-c', script, 'sh', ...words], { env: { FOREIGN: words.join('\t') } })
          .ended,
    )
    t.equal(stdout, words.map((word) => `${word}|`).join('') + words.join('\t'))
  })

  t.test(`${way.name}: a program finds what it finds when it is started directly`, async (t) => {
    const runner = await runnerOf(t, way)
    const direct = testRunner(t, { containment: way.containment })
    const options = { cwd: t.testdir(), env: { ADDED: 'x', LANG: 'C' } }
    for (const [name, ...args] of [
      ['/bin/cat', '/proc/self/environ'],
      ['/bin/ls', '/proc/self/fd'],
      ['/bin/pwd', '-P'],
      ['/bin/grep', '^Sig[BIC]', '/proc/self/status'],
    ] as const) {
      await testCommand(runner).run(name, args).ended
      const found = await launched(t, runner, () => testCommand(runner).run(name, args, options).ended)
      const expected = await testCommand(direct).run(name, args, options).ended
      const plain = (output: string) =>
        output
          .replace(/GURURMM_RUN=[^\0]*/, '')
          .split('\0')
          .sort()
          .join('\0')
      t.equal(plain(found.stdout), plain(expected.stdout), name)
      t.equal(found.stderr, '')
    }
  })

  t.test(`${way.name}: input, exit codes and signals come through`, async (t) => {
    const runner = await runnerOf(t, way)
    const run = (script: string, input?: string) =>
      launched(t, runner, () => {
        const started = testCommand(runner).run('/bin/sh', ['-c', script])
        started.end(input)
        return started.ended
      })
    t.hasStrict(await run('cat; echo err >&2', 'in\n'.repeat(50_000)), {
      stdout: 'in\n'.repeat(50_000),
      stderr: 'err\n',
    })
    for (const code of [0, 1, 42, 126, 127, 143, 255])
      t.hasStrict(await run(`exit ${code}`), { exitCode: code, signal: null })
    for (const signal of ['SIGTERM', 'SIGKILL', 'SIGSEGV']) {
      t.hasStrict(await run(`kill -${signal.slice(3)} $$`), { exitCode: null, signal })
    }
  })

  t.test(`${way.name}: what cannot be started says the same as directly`, async (t) => {
    const folder = t.testdir({ script: '#!/bin/sh\necho ran' })
    const file = join(folder, 'script')
    chmodSync(file, 0o755)
    const runner = await runnerOf(t, way)
    const run = (options = {}) => testCommand(runner).run(file, [], options).ended
    t.hasStrict(await run(), { stdout: 'ran\n' })
    t.hasStrict(await launched(t, runner, run), { stdout: 'ran\n' })
    await runner.launchers.settled()
    await t.rejects(run({ cwd: join(folder, 'missing') }), { code: 'DIRECTORY_MISSING', refused: true })
    chmodSync(file, 0o644)
    await t.rejects(run(), { code: 'SPAWN_FAILED', message: /not executable/ })
    rmSync(file)
    await t.rejects(run(), { code: 'SPAWN_FAILED', message: /was not found/ })
  })

  t.test(`${way.name}: a program whose interpreter went away since its last start did not run`, async (t) => {
    const folder = t.testdir({ script: '' })
    const [file, interpreter] = [join(folder, 'script'), join(folder, 'interpreter')]
    writeFileSync(file, `#!${interpreter}\n`, { mode: 0o755 })
    chmodSync(file, 0o755)
    writeFileSync(interpreter, readFileSync('/bin/true'), { mode: 0o755 })
    const runner = await runnerOf(t, way)
    const run = () => testCommand(runner).run(file, [])
    t.hasStrict(await run().ended, { exitCode: 0 })
    rmSync(interpreter)
    const failed = await launched(t, runner, async () => {
      const started = run()
      started.end('input that nobody reads')
      return started.ended.catch((error: unknown) => error)
    })
    t.match(failed, { code: 'SPAWN_FAILED', refused: true, message: /was not found: install it/ })
  })

  if (root) {
    t.test(
      `${way.name}: launchers run as the account that is set; elevated programs are started directly`,
      async (t) => {
        const runAs = { uid: 65534, gid: 65534, home: '/nonexistent', user: 'nobody' }
        const runner = testRunner(t, { containment: way.containment, launchers: 1, runAs })
        await prepareLauncher(t, runner)
        const script = 'id -u; id -G; echo $HOME $USER'
        const plain = () => testCommand(runner).run('/bin/sh', ['-c', script]).ended
        t.hasStrict(await launched(t, runner, plain), { stdout: '65534\n65534\n/nonexistent nobody\n' })
        const { served } = runner.launchers
        await runner.launchers.settled()
        const elevated = await testCommand(runner).run('/bin/sh', ['-c', script], { elevated: true }).ended
        t.match(elevated.stdout, /^0\n0.*\n\/root root\n$/)
        t.equal(runner.launchers.served, served)
      },
    )
  }

  t.test(`${way.name}: nothing waits before the first program, nor after the runner is closed`, async (t) => {
    const runner = testRunner(t, { containment: way.containment, launchers: 2 })
    t.equal(waitingLaunchers().length, 0)
    await prepareLauncher(t, runner)
    // A program that was just started has no words in the process table for a moment.
    await until(() => waitingLaunchers().length === 2)
    await runner.close()
    t.equal(waitingLaunchers().length, 0)
  })

  t.test(`${way.name}: a launcher that was killed is replaced`, async (t) => {
    const runner = await runnerOf(t, way)
    await until(() => waitingLaunchers().length === way.launchers)
    const killed = waitingLaunchers()
    for (const pid of killed) process.kill(pid, 'SIGKILL')
    // Another may have taken its place by the time we look.
    await until(() => {
      const waiting = waitingLaunchers()
      return !waiting.some((pid) => killed.includes(pid)) && runner.launchers.waiting === waiting.length
    })
    t.hasStrict(await launched(t, runner, () => testCommand(runner).run('/bin/sh', ['-c', 'exit 4']).ended), {
      exitCode: 4,
    })
  })

  t.test(`${way.name}: launchers end with their agent, however it ends`, async (t) => {
    const mark = newMark()
    const agent = spawn(
      process.execPath,
      ['--conditions=gururmm-source', program('agent.ts'), way.containment, mark, '1'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    t.teardown(() => agent.kill('SIGKILL'))
    await once(agent.stdout, 'data')
    const launchers = () =>
      allProcesses().filter((pid) => {
        try {
          return (
            readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('gururmm-launcher') && isOurs(pid, agent.pid ?? 0)
          )
        } catch {
          return false
        }
      })
    await until(() => launchers().length === 1)
    agent.kill('SIGKILL')
    await once(agent, 'exit')
    await until(() => launchers().length === 0)
    const next = testRunner(t, { containment: way.containment })
    await next.sweepLeftovers()
    t.same(await marked(mark), [])
  })
}

t.test('a directory that was opened is entered by its descriptor, by a direct start', async (t) => {
  const [way] = LAUNCHED
  if (way === undefined) return
  const runner = await runnerOf(t, way)
  await launched(t, runner, () => testCommand(runner).run('/bin/sh', ['-c', ':']).ended)
  await runner.launchers.settled()
  const folder = t.testdir({ base: {} })
  mkdirSync(join(folder, 'base/below'))
  const command = testCommand(runner)
  const { served } = runner.launchers
  const directory = await command.openDirectory(join(folder, 'base/below'), [join(folder, 'base')])
  const { stdout } = await command.run('/bin/sh', ['-c', 'pwd -P'], { cwd: directory }).ended
  t.equal(stdout, `${join(folder, 'base/below')}\n`)
  t.equal(runner.launchers.served, served)
  await command.end()
})
