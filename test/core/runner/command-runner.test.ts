import { spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { RunOptions } from '@gururmm/plugin-sdk'
import t from 'tap'
import { quotedForPlatform } from '../../../core/runner/command-runner.ts'
import type { CommandRunner } from '../../../core/runner/index.ts'
import { KINDS, program, testCommand, testRunner } from './support.ts'

const root = process.geteuid?.() === 0

for (const containment of KINDS) {
  t.test(`${containment}: arguments arrive as they are, and any exit code is a value`, async (t) => {
    const command = testCommand(testRunner(t, { containment }))
    const args = ['a b', '$HOME', '"', "'", '*', '', '\n', 'ü', '--', '%PATH%', '`id`']
    const run = command.run(process.execPath, [
      '-e',
      'console.log(JSON.stringify(process.argv.slice(1)))',
      '--',
      ...args,
    ])
    t.same(JSON.parse((await run.ended).stdout), args)
    t.hasStrict(await command.run('/bin/sh', ['-c', 'exit 42']).ended, { exitCode: 42, signal: null, endedBy: 'exit' })
  })

  t.test(`${containment}: a program that cannot be started says why and what to do`, async (t) => {
    const command = testCommand(testRunner(t, { containment }))
    const folder = t.testdir({ 'no-program': 'x' })
    for (const [name, args] of [
      ['no-such-program-anywhere', []],
      [join(folder, 'missing'), []],
      [join(folder, 'no-program'), []],
      ['/bin/echo', ['a\0b']],
      ['/bin/\0echo', []],
      ['/bin/echo', ['x'.repeat(4_000_000)]],
    ] as const) {
      const run = command.run(name, args)
      await t.rejects(run.ended, { code: 'SPAWN_FAILED', refused: true })
      await t.rejects(run.write('x'), { code: 'SPAWN_FAILED' })
      await t.rejects(run.lines('stdout')[Symbol.asyncIterator]().next(), { code: 'SPAWN_FAILED' })
      run.stop()
      run.end()
    }
    t.hasStrict(await command.run('/bin/echo', ['fine']).ended, { stdout: 'fine\n' }, 'and the next one starts')
  })

  t.test(`${containment}: the directory is the one named, and a missing one is said to be`, async (t) => {
    const folder = t.testdir({ below: {} })
    const command = testCommand(testRunner(t, { containment }), { defaultCwd: folder })
    t.hasStrict(await command.run('/bin/pwd', []).ended, { stdout: `${folder}\n` })
    t.hasStrict(await command.run('/bin/pwd', [], { cwd: 'below' }).ended, { stdout: `${folder}/below\n` })
    await t.rejects(command.run('/bin/pwd', [], { cwd: 'missing' }).ended, { code: 'DIRECTORY_MISSING', refused: true })
  })

  if (root) {
    t.test(`${containment}: programs run as the account that is set, elevated ones as root`, async (t) => {
      const runAs = { uid: 65534, gid: 65534, home: '/nonexistent', user: 'nobody' }
      const command = testCommand(testRunner(t, { containment, runAs }))
      const script = 'id -u; id -G; echo $HOME $USER'
      t.hasStrict(await command.run('/bin/sh', ['-c', script]).ended, { stdout: '65534\n65534\n/nonexistent nobody\n' })
      t.match(
        (await command.run('/bin/sh', ['-c', script], { elevated: true }).ended).stdout,
        /^0\n0.*\n\/root root\n$/,
      )
    })
  }
}

/** What a program finds in its environment; without what the test runner puts into every process it sees start. */
async function environmentOf(command: CommandRunner, options?: RunOptions): Promise<Record<string, string>> {
  const { stdout } = await command.run('env', ['-0'], options).ended
  const entries = stdout
    .split('\0')
    .map((entry) => [entry.split('=')[0] ?? '', entry.slice(entry.indexOf('=') + 1)] as const)
  return Object.fromEntries(entries.filter(([name]) => name !== '' && !name.startsWith('_TAPJS_')))
}

t.test('a program finds the base environment, what command and run add, and nothing of the agent’s', async (t) => {
  process.env.GURURMM_TOKEN = 'very-secret'
  t.teardown(() => delete process.env.GURURMM_TOKEN)
  const command = testCommand(testRunner(t), { environment: { FROM_COMMAND: '1', BOTH: 'command' } })
  const found = await environmentOf(command, { env: { BOTH: 'run' } })
  const known = /^(PATH|LANG|LANGUAGE|LC_ALL|LC_CTYPE|TZ|HOME|USER|LOGNAME|SHELL|TMPDIR|FROM_COMMAND|BOTH|GURURMM_RUN)$/
  t.same(
    Object.keys(found).filter((name) => !known.test(name)),
    [],
  )
  t.match(found, { FROM_COMMAND: '1', BOTH: 'run', GURURMM_RUN: /-/ })
})

t.test('an environment can be set for all programs instead', async (t) => {
  const environment = { PATH: '/usr/bin:/bin', ONLY: 'this' }
  const { GURURMM_RUN, ...found } = await environmentOf(testCommand(testRunner(t, { environment })))
  t.same(found, environment)
})

t.test('no terminal, and a session of its own', async (t) => {
  const { stdout } = await testCommand(testRunner(t)).run('/bin/sh', [
    '-c',
    'ps -o tty= -p $$; test -t 0 || echo no terminal',
  ]).ended
  t.match(stdout, /\?\s*\nno terminal/)
})

t.test('a program without permission is refused, by the name the plugin gave it', async (t) => {
  const command = testCommand(testRunner(t), { allowProgram: (name) => name === 'echo' })
  t.hasStrict(await command.run('echo', ['a']).ended, { stdout: 'a\n' })
  await t.rejects(command.run('/bin/echo', []).ended, { code: 'PROGRAM_NOT_ALLOWED', refused: true })
})

t.test('nothing starts once the command is stopped or ended', async (t) => {
  const runner = testRunner(t)
  for (const [reason, code] of [
    ['timeout', 'COMMAND_TIMED_OUT'],
    ['cancel', 'COMMAND_CANCELLED'],
  ] as const) {
    const stopped = testCommand(runner)
    stopped.abort(reason)
    await t.rejects(stopped.run('true', []).ended, { code })
  }
  const ended = testCommand(runner)
  await ended.end()
  await t.rejects(ended.run('true', []).ended, { code: 'SPAWN_FAILED' })
  await runner.close()
  await runner.close()
  await t.rejects(testCommand(runner).run('true', []).ended, { code: 'SPAWN_FAILED' })
})

t.test('a run that brings no byte for the idle time is ended; one that does goes on', async (t) => {
  const command = testCommand(testRunner(t))
  const idle = command.run('/bin/sh', ['-c', 'echo a; sleep 600'], { idleTimeoutSeconds: 0.3 })
  const busy = command.run('/bin/sh', ['-c', 'for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.1; done'], {
    idleTimeoutSeconds: 30,
  })
  t.hasStrict(await idle.ended, { endedBy: 'idle', signal: 'SIGTERM', stdout: 'a\n' })
  t.hasStrict(await busy.ended, { endedBy: 'exit', exitCode: 0 })
})

t.test('time in which the program waits for us is not idle time', async (t) => {
  const gate = Promise.withResolvers<void>()
  const command = testCommand(testRunner(t), { onOutput: () => gate.promise })
  const run = command.run('/bin/sh', ['-c', 'head -c 3000000 /dev/zero; echo'], { idleTimeoutSeconds: 0.3 })
  setTimeout(() => gate.resolve(), 1000)
  t.hasStrict(await run.ended, { endedBy: 'exit', exitCode: 0 })
})

t.test('no descriptor of the agent reaches a program', async (t) => {
  const file = join(t.testdir({ 'held-open': '' }), 'held-open')
  const held = openSync(file, 'r')
  t.teardown(() => closeSync(held))
  const { stdout } = await testCommand(testRunner(t)).run('/bin/sh', ['-c', 'ls -l /proc/$$/fd']).ended
  t.match(stdout, /pipe|socket/)
  t.notMatch(stdout, /held-open|cgroup/)
})

t.test('an agent out of descriptors refuses the run and recovers', async (t) => {
  const script = `ulimit -n 40; exec "$0" --conditions=gururmm-source "$1"`
  const { stdout, stderr } = spawnSync('/bin/sh', ['-c', script, process.execPath, program('few-descriptors.ts')], {
    encoding: 'utf8',
  })
  t.match(stdout, /^SPAWN_FAILED\nfine\n$/, stderr)
})

t.test('for cmd.exe a command line goes through as it is, between quotes', async (t) => {
  const line = 'dir "C:\\Program Files" & echo %PATH%'
  for (const name of ['cmd.exe', 'CMD', 'C:\\Windows\\System32\\cmd.exe']) {
    t.same(quotedForPlatform(name, ['/d', '/s', '/c', line], 'win32'), {
      program: name,
      args: ['/d', '/s', '/c', `"${line}"`],
      verbatim: true,
    })
  }
  t.same(quotedForPlatform('cmd.exe', ['/?'], 'win32'), { program: 'cmd.exe', args: ['/?'] })
  t.same(quotedForPlatform('powershell.exe', ['/c', 'x'], 'win32'), { program: 'powershell.exe', args: ['/c', 'x'] })
  t.same(quotedForPlatform('cmd.exe', ['/c', 'x'], 'linux'), { program: 'cmd.exe', args: ['/c', 'x'] })
})
