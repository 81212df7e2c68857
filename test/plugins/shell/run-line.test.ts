import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { interpreterOf } from '../../../plugins/shell/interpreters.ts'
import { lineArguments } from '../../../plugins/shell/run-line.ts'
import { shellHost } from './shell-host.ts'

const root = process.geteuid?.() === 0

t.test('a line runs in the shell, and its streams and exit code are the result', async (t) => {
  const host = await shellHost(t)
  t.same(await host.run('shell', { command: 'echo out; echo err >&2; exit 3' }), {
    exitCode: 3,
    stdout: 'out\n',
    stderr: 'err\n',
  })
  t.same(await host.run('shell', { command: 'true' }), { exitCode: 0, stdout: '', stderr: '' })
})

t.test(
  'a line that a signal ends has 128 and the signal’s number, and one that the shell does not know 127',
  async (t) => {
    const host = await shellHost(t, {}, { containment: 'process_group' })
    t.hasStrict(await host.run('shell', { command: 'kill -SEGV $$' }), { exitCode: 139 })
    t.hasStrict(await host.run('shell', { command: 'no-such-command-at-all' }), { exitCode: 127 })
  },
)

t.test('several lines, quotes and any characters are the shell’s business', async (t) => {
  const host = await shellHost(t)
  const command = 'x="a  b"\nfor i in 1 2; do\n  echo "$i $x" \'ü€\'\ndone | tail -n 1'
  t.hasStrict(await host.run('shell', { command }), { exitCode: 0, stdout: '2 a  b ü€\n' })
})

t.test('the line has an empty standard input', async (t) => {
  const host = await shellHost(t)
  t.hasStrict(await host.run('shell', { command: 'cat; echo end' }), { stdout: 'end\n' })
})

t.test('an empty line, a wrong shape and what is no string are refused', async (t) => {
  const host = await shellHost(t)
  for (const input of [{ command: '' }, {}, { command: 1 }, { command: 'true', more: 1 }, 'true', null]) {
    t.hasStrict(await host.run('shell', input), { exitCode: -1, failure: { code: 'COMMAND_INPUT_INVALID' } })
  }
})

t.test('directory and environment are the operator’s', async (t) => {
  const folder = t.testdir()
  const host = await shellHost(t, { workingDirectory: folder, environment: { GREETING: 'hello' } })
  t.hasStrict(await host.run('shell', { command: 'pwd; echo $GREETING' }), { stdout: `${folder}\nhello\n` })
  t.hasStrict(await (await shellHost(t)).run('shell', { command: 'pwd' }), { stdout: '/\n' })
})

t.test('another shell can be the operator’s choice, and reads no start-up file of anyone', async (t) => {
  const home = t.testdir({
    '.bashrc': 'echo read bashrc',
    '.profile': 'echo read profile',
    '.bash_profile': 'echo read it',
  })
  const host = await shellHost(t, { interpreter: 'bash', environment: { HOME: home } })
  t.hasStrict(
    await host.run('shell', { command: 'test -n "$BASH_VERSION" && echo bash; shopt -q login_shell || echo no login' }),
    {
      stdout: 'bash\nno login\n',
    },
  )
})

t.test('a shell that is missing is said to be', async (t) => {
  const host = await shellHost(t, { interpreter: '/no/such/shell' })
  t.hasStrict(await host.run('shell', { command: 'true' }), { exitCode: -1, failure: { code: 'SPAWN_FAILED' } })
})

t.test('a command that is stopped leaves nothing, and keeps what it wrote', async (t) => {
  const host = await shellHost(t)
  const controller = new AbortController()
  const result = await host.run(
    'shell',
    { command: 'echo begun; sleep 600 & sleep 600' },
    {
      signal: controller.signal,
      onProgress: () => controller.abort('cancel'),
    },
  )
  t.hasStrict(result, { stdout: 'begun\n' })
})

t.test('elevation is refused unless the operator allows it', async (t) => {
  const host = await shellHost(t)
  for (const [type, input] of [
    ['shell', { command: 'id' }],
    ['powershell', { command: 'id' }],
    ['script', { body: 'id' }],
  ] as const) {
    t.hasStrict(await host.run(type, input, { elevated: true }), {
      exitCode: -1,
      stdout: '',
      failure: { code: 'ELEVATION_UNAVAILABLE', rule: 'plugins.shell.config.elevated' },
    })
  }
})

t.test('with the operator’s leave it keeps the agent’s rights, where those are root’s', async (t) => {
  const runAs = root ? { uid: 65534, gid: 65534, user: 'nobody', home: '/' } : null
  const host = await shellHost(t, { elevated: true }, { runAs })
  const elevated = await host.run('shell', { command: 'id -u' }, { elevated: true })
  if (root) t.hasStrict(elevated, { exitCode: 0, stdout: '0\n' })
  else t.hasStrict(elevated, { exitCode: -1, failure: { code: 'ELEVATION_UNAVAILABLE' } })
  t.hasStrict(await host.run('shell', { command: 'id -u' }), { stdout: `${root ? 65534 : process.geteuid?.()}\n` })
})

t.test('powershell and its alias hand the line to the operator’s PowerShell', async (t) => {
  const folder = t.testdir()
  const standIn = join(folder, 'pwsh')
  writeFileSync(standIn, '#!/bin/sh\nfor a in "$@"; do printf "<%s>\\n" "$a"; done\nexit 9\n')
  chmodSync(standIn, 0o755)
  const host = await shellHost(t, { powershell: standIn })
  for (const type of ['powershell', 'power_shell']) {
    const result = await host.run(type, { command: 'Get-Item "a b" | % { $_.Name } # done' })
    t.match(result, { exitCode: 9, stdout: /^<-NoLogo>\n<-NoProfile>\n<-NonInteractive>\n<-Command>\n/ })
    t.match(result.stdout, /\nGet-Item "a b" \| % \{ \$_\.Name \} # done\n/, 'on a line of its own')
  }
  t.hasStrict(await (await shellHost(t, { powershell: '/no/pwsh' })).run('powershell', { command: 'x' }), {
    failure: { code: 'SPAWN_FAILED' },
  })
})

t.test('for cmd.exe a line is the last argument, and several are refused rather than cut', async (t) => {
  const cmd = interpreterOf('C:\\Windows\\System32\\cmd.exe')
  t.same(lineArguments(cmd, 'dir "C:\\Program Files" & ver'), ['/d', '/s', '/c', 'dir "C:\\Program Files" & ver'])
  t.throws(() => lineArguments(cmd, 'dir\r\nver'), { code: 'SHELL_UNSUITABLE', refused: true })
})
