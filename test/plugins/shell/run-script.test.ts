import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { interpreterOf } from '../../../plugins/shell/interpreters.ts'
import { fileArguments } from '../../../plugins/shell/run-script.ts'
import { shellHost } from './shell-host.ts'

const root = process.geteuid?.() === 0

t.test('a script runs whole, with its arguments, and a program in it cannot eat the rest', async (t) => {
  const host = await shellHost(t)
  const body = 'set -e\ncat\nread line || true\necho "$# $1|$2"\ncat <<END\nhere $1\nEND\nexit 5\n'
  for (const interpreter of [undefined, null, 'sh', 'bash', '/bin/dash']) {
    const result = await host.run('script', { body, interpreter, arguments: ['a b', '*'] })
    t.hasStrict(result, { exitCode: 5, stdout: '2 a b|*\nhere a b\n', stderr: '' }, String(interpreter))
  }
})

t.test('a script may be longer than any argument', async (t) => {
  const host = await shellHost(t)
  const body = `${'# a long comment\n'.repeat(40_000)}echo done`
  t.hasStrict(await host.run('script', { body }), { exitCode: 0, stdout: 'done\n' })
})

t.test('other interpreters read their script from standard input', async (t) => {
  const host = await shellHost(t)
  t.hasStrict(
    await host.run('script', {
      body: 'console.log(process.argv.slice(2).join())',
      interpreter: process.execPath,
      arguments: ['a', '-b'],
    }),
    {
      exitCode: 0,
      stdout: 'a,-b\n',
    },
  )
  t.hasStrict(await host.run('script', { body: 'print "@ARGV"; exit 4', interpreter: 'perl', arguments: ['x', 'y'] }), {
    exitCode: 4,
    stdout: 'x y',
  })
})

/** An interpreter that nobody knows: shows its script, and who may read it. */
function unknownInterpreter(folder: string): string {
  const path = join(folder, 'interpret')
  writeFileSync(path, '#!/bin/sh\nstat -c "%a %u" "$1"; cat "$1"; shift; echo "$@"\n')
  chmodSync(path, 0o755)
  chmodSync(folder, 0o755)
  return path
}

t.test('an interpreter that nobody knows gets a file of the account’s own, which is removed', async (t) => {
  const host = await shellHost(t)
  const interpreter = unknownInterpreter(t.testdir())
  const result = await host.run('script', { body: 'the body\n', interpreter, arguments: ['a', 'b'] })
  t.hasStrict(result, { exitCode: 0, stdout: `600 ${process.geteuid?.()}\nthe body\na b\n` })
  t.same(readdirSync(join(host.dataDir, 'plugins/shell/scripts')), [])
})

if (root) {
  t.test('also where the account is not the agent’s own', async (t) => {
    const folder = mkdtempSync('/tmp/gururmm-test-')
    t.teardown(() => rmSync(folder, { recursive: true }))
    const interpreter = unknownInterpreter(folder)
    const before = shared()
    const host = await shellHost(t, { elevated: true }, { runAs: { uid: 65534, gid: 65534 } })
    t.hasStrict(await host.run('script', { body: 'the body\n', interpreter }), {
      exitCode: 0,
      stdout: '600 65534\nthe body\n\n',
    })
    t.same(shared(), before)
    t.hasStrict(await host.run('script', { body: 'x\n', interpreter }, { elevated: true }), { stdout: '600 0\nx\n\n' })
  })
}

const shared = () => readdirSync('/tmp').filter((name) => name.startsWith('gururmm-script-'))

t.test('the file is removed when the command is stopped, and a forgotten one by the next setup', async (t) => {
  const host = await shellHost(t)
  const interpreter = join(t.testdir(), 'waits')
  writeFileSync(interpreter, '#!/bin/sh\necho ready; sleep 600\n')
  chmodSync(interpreter, 0o755)
  const controller = new AbortController()
  await host.run(
    'script',
    { body: 'x', interpreter },
    { signal: controller.signal, onProgress: () => controller.abort('timeout') },
  )
  const scripts = join(host.dataDir, 'plugins/shell/scripts')
  t.same(readdirSync(scripts), [])

  mkdirSync(join(scripts, 'forgotten'))
  mkdirSync(join(scripts, 'in-use'))
  utimesSync(join(scripts, 'forgotten'), 1, 1)
  await host.reconfigure('shell', { enabled: true, config: { environment: { A: 'b' } } })
  t.same(readdirSync(scripts), ['in-use'])
})

t.test('PowerShell is given a file, its path and arguments as literals', async (t) => {
  const folder = t.testdir()
  const pwsh = join(folder, 'pwsh')
  writeFileSync(
    pwsh,
    '#!/bin/sh\nfor last; do :; done\nprintf "%s\\n" "$last"\nhead -c 3 "$(printf "%s" "$last" | sed -n "s/^& .\\(\\/[^ ]*ps1\\). .*/\\1/p")" | od -An -tx1\n',
  )
  chmodSync(pwsh, 0o755)
  const host = await shellHost(t)
  const { stdout } = await host.run('script', {
    body: 'param($a)',
    interpreter: pwsh,
    arguments: ["it's", '$x', 'a‘b'],
  })
  t.match(stdout, /\n& '\/.*\/script\.ps1' 'it''s' '\$x' 'a‘‘b'\n/)
  t.match(stdout, / ef bb bf\n$/, 'with a byte order mark')
})

t.test('cmd.exe is given one quoted line, and refuses what it would mangle', async (t) => {
  const cmd = interpreterOf('cmd.exe')
  t.same(fileArguments(cmd, 'C:\\a b\\script.cmd', ['x & y', 'z']), [
    '/d',
    '/s',
    '/c',
    '"C:\\a b\\script.cmd" "x & y" "z"',
  ])
  for (const argument of ['"', '%PATH%', 'a\nb']) {
    t.throws(() => fileArguments(cmd, 'C:\\s.cmd', [argument]), { code: 'SHELL_UNSUITABLE', refused: true })
  }
})

t.test('a script without a body, and arguments that are no strings, are refused', async (t) => {
  const host = await shellHost(t)
  for (const input of [{}, { body: '' }, { body: 'x', arguments: [1] }, { body: 'x', interpreter: '' }]) {
    t.hasStrict(await host.run('script', input), { exitCode: -1, failure: { code: 'COMMAND_INPUT_INVALID' } })
  }
})
