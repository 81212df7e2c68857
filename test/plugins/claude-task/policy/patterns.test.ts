import t from 'tap'
import { cliRules, compilePatterns } from '../../../../plugins/claude-task/policy/patterns.ts'

t.test('a pattern covers what it names, in any folder, and all below it', async (t) => {
  const { covering } = compilePatterns(['.ssh', '*.{pem,key}', '/etc/shadow', 'docker/config.json'], 'linux')
  const cases: [path: string, pattern: string | undefined][] = [
    ['/home/a/.ssh', '.ssh'],
    ['/home/a/.ssh/id', '.ssh'],
    ['/.ssh/deep/er', '.ssh'],
    ['/srv/x.pem', '*.{pem,key}'],
    ['/srv/.hidden.key', '*.{pem,key}'],
    ['/etc/shadow', '/etc/shadow'],
    ['/srv/etc/shadow', undefined],
    ['/srv/docker/config.json', 'docker/config.json'],
    ['/srv/xdocker/config.json', undefined],
    ['/home/a/.sshd', undefined],
    ['/home/a/.SSH', undefined],
    ['/srv/x.pem.txt', undefined],
  ]
  for (const [path, pattern] of cases) t.equal(covering(path), pattern, path)
})

t.test('Windows and macOS heed no case, and Windows has drives', async (t) => {
  const windows = compilePatterns(['C:\\Users\\*\\secret', 'NTUSER.DAT*'], 'win32')
  t.ok(windows.covering('c:\\users\\Anna\\Secret\\x.txt'))
  t.ok(windows.covering('D:\\Profiles\\b\\ntuser.dat.LOG1'))
  t.notOk(windows.covering('D:\\Users\\Anna\\secret'))
  t.ok(compilePatterns(['.SSH'], 'darwin').covering('/Users/Ada/.ssh/id'))
})

t.test('the CLI is told the same without braces, absolute paths with two slashes', async (t) => {
  t.same(cliRules('Read', '*.{pem,key}'), [
    'Read(**/*.pem)',
    'Read(**/*.pem/**)',
    'Read(**/*.key)',
    'Read(**/*.key/**)',
  ])
  t.same(cliRules('Read', '/etc/shadow'), ['Read(//etc/shadow)', 'Read(//etc/shadow/**)'])
  t.same(cliRules('Read', 'C:\\Agent\\key'), ['Read(//c/Agent/key)', 'Read(//c/Agent/key/**)'])
})
