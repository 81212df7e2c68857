import t from 'tap'
import { fitsAnyPart, fitsWhole } from '../../../../plugins/claude-task/policy/commands.ts'

t.test('to deny it is enough that any command of a line fits', async (t) => {
  const lines = [
    'rm -rf /srv',
    'cd /srv && rm -rf x',
    'ls | rm -rf x',
    'echo $(rm -rf x)',
    'echo `rm -rf x`',
    'true\nrm -rf x',
    'FOO=1 sudo rm -rf x',
    'if true; then rm -rf x; fi',
    '"rm" -rf x',
    '( rm   -rf x )',
    'cat <(rm -rf x)',
  ]
  for (const line of lines) t.ok(fitsAnyPart('rm -rf *', line), line)
  for (const line of ['ls', 'echo rmx', 'firm -rf x', 'rm x']) t.notOk(fitsAnyPart('rm -rf *', line), line)
})

t.test('to allow, the whole line has to fit, with no operator where * stands', async (t) => {
  t.ok(fitsWhole('git status', ' git status '))
  t.ok(fitsWhole('systemctl status *', 'systemctl status nginx.service'))
  const lines = [
    'systemctl status x; rm -rf /',
    'systemctl status x && id',
    'systemctl status $(id)',
    'systemctl status `id`',
    'systemctl status x > /etc/passwd',
    'systemctl status x\nid',
    'systemctl status {a,b}',
    'sudo systemctl status x',
  ]
  for (const line of lines) t.notOk(fitsWhole('systemctl status *', line), line)
})

t.test('everything but * stands for itself', async (t) => {
  t.ok(fitsWhole('a.b+c', 'a.b+c'))
  t.notOk(fitsWhole('a.b', 'axb'))
  t.ok(fitsAnyPart('*', 'anything; at all'))
})
