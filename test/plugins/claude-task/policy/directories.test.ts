import { join } from 'node:path'
import t from 'tap'
import { baseDirectories, requestedDirectory } from '../../../../plugins/claude-task/policy/directories.ts'
import { securityWith } from '../settings.ts'

t.test('the default base directory is the spec’s on Windows, and none elsewhere', async (t) => {
  t.same(baseDirectories(securityWith(), 'win32'), [{ path: 'C:\\Shares\\test', access: 'read-only' }])
  t.throws(() => baseDirectories(securityWith(), 'linux'), { code: 'BASE_DIRECTORY_UNSET', refused: true })
  t.throws(() => baseDirectories(securityWith(), 'darwin'), { code: 'BASE_DIRECTORY_UNSET' })
})

t.test('configured base directories take the place of the default', async (t) => {
  const security = securityWith({
    baseDirectories: ['/srv/a', { path: '/srv/b', access: 'read-write' }, { path: '/srv/c' }],
  })
  t.same(baseDirectories(security, 'win32'), [
    { path: '/srv/a', access: 'read-only' },
    { path: '/srv/b', access: 'read-write' },
    { path: '/srv/c', access: 'read-only' },
  ])
})

t.test('a task without a directory runs in the first base, a relative one below it', async (t) => {
  t.equal(requestedDirectory(undefined, '/srv/a'), '/srv/a')
  t.equal(requestedDirectory(null, '/srv/a'), '/srv/a')
  t.equal(requestedDirectory('', '/srv/a'), '/srv/a')
  t.equal(requestedDirectory('logs/today', '/srv/a'), join('/srv/a', 'logs/today'))
  t.equal(requestedDirectory('/elsewhere', '/srv/a'), '/elsewhere')
})
