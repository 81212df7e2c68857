import { execFileSync, spawnSync } from 'node:child_process'
import t from 'tap'
import { COMPILE_CACHE, UNBUILT_CLI } from '../../helpers/unbuilt.ts'
import { agentFolder } from './cli.ts'

/** `script` gives a program a terminal of its own. */
const NO_TERMINAL = process.platform === 'linux' && hasScript() ? false : 'needs script of util-linux'

function hasScript(): boolean {
  return spawnSync('script', ['--version']).status === 0
}

function onTerminal(folder: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const line = [process.execPath, ...UNBUILT_CLI, ...args].map((word) => `'${word}'`).join(' ')
  return execFileSync('script', ['-qec', line, '/dev/null'], {
    cwd: folder,
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH ?? '',
      HOME: folder,
      TERM: 'xterm-256color',
      SHELL: '/bin/sh',
      ...COMPILE_CACHE,
      ...env,
    },
  })
}

t.test('a terminal gets colours, unless NO_COLOR asks for none', { skip: NO_TERMINAL }, async (t) => {
  const folder = agentFolder(t)
  t.match(onTerminal(folder, ['config', 'check']), '\u001b[32mok\u001b[39m')
  t.match(onTerminal(folder, ['config', 'check'], { NO_COLOR: '1' }), /^ok /)
})

t.test('on a terminal the log is readable, and a command’s output is as it was', { skip: NO_TERMINAL }, async (t) => {
  const folder = agentFolder(t, { plugins: { shell: {}, nowhere: {} } })
  const shown = onTerminal(folder, ['run', 'shell', 'printf "a\\tb\\033[1m"'], { NO_COLOR: '1' })
  t.match(shown, /^\d\d:\d\d:\d\d ERROR a plugin has a problem .*plugin="nowhere"/m)
  t.notMatch(shown, /^ +at /m, 'without the stack')
  t.match(shown, 'a\tb\u001b[1m')
})

t.test('on a terminal the output ends with its line', { skip: NO_TERMINAL }, async (t) => {
  const folder = agentFolder(t)
  t.equal(onTerminal(folder, ['run', 'shell', 'printf open']), 'open\r\n')
  t.equal(onTerminal(folder, ['run', 'shell', 'echo closed']), 'closed\r\n')
  t.equal(onTerminal(folder, ['run', 'shell', 'true']), '')
})
