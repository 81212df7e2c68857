import t from 'tap'
import { defaultPowershell, defaultShell, interpreterOf } from '../../../plugins/shell/interpreters.ts'

t.test('an interpreter is known by its name, wherever it lies', async (t) => {
  for (const [program, kind] of [
    ['/bin/sh', 'shell'],
    ['bash', 'shell'],
    ['C:\\Program Files\\Git\\bin\\bash.exe', 'shell'],
    ['python3.12', 'stdin'],
    ['/usr/bin/perl', 'stdin'],
    ['C:\\Windows\\System32\\CMD.EXE', 'cmd'],
    ['cmd', 'cmd'],
    ['powershell.exe', 'powershell'],
    ['/usr/bin/pwsh', 'powershell'],
    ['/opt/bashful', 'file'],
    ['fish', 'file'],
  ] as const) {
    t.match(interpreterOf(program), { program, kind })
  }
})

t.test('those that would read start-up files are told not to', async (t) => {
  t.same(interpreterOf('/bin/bash').flags, ['--norc', '--noprofile'])
  t.same(interpreterOf('zsh').flags, ['-f'])
  t.same(interpreterOf('fish').flags, ['--no-config'])
  t.same(interpreterOf('pwsh').flags, ['-NoLogo', '-NoProfile', '-NonInteractive'])
  t.same(interpreterOf('cmd.exe').flags, ['/d', '/s'])
  t.same(interpreterOf('/bin/sh').flags, [])
})

t.test('each platform has its own', async (t) => {
  t.equal(defaultShell('linux', {}), '/bin/sh')
  t.equal(defaultShell('win32', { SystemRoot: 'D:\\Win' }), 'D:\\Win\\System32\\cmd.exe')
  t.equal(defaultPowershell('darwin', {}), 'pwsh')
  t.equal(defaultPowershell('win32', {}), 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe')
})
