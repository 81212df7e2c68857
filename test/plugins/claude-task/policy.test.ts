import { join } from 'node:path'
import t from 'tap'
import {
  baseDirectories,
  checkPlatform,
  needsSandbox,
  requestedDirectory,
} from '../../../plugins/claude-task/policy.ts'
import { securityWith } from './settings.ts'

t.test('the default base directory is the spec’s on Windows, and none elsewhere', async (t) => {
  t.same(baseDirectories(securityWith(), 'win32'), ['C:\\Shares\\test'])
  t.throws(() => baseDirectories(securityWith(), 'linux'), { code: 'BASE_DIRECTORY_UNSET', refused: true })
  t.throws(() => baseDirectories(securityWith(), 'darwin'), { code: 'BASE_DIRECTORY_UNSET' })
})

t.test('configured base directories take the place of the default', async (t) => {
  const security = securityWith({ baseDirectories: ['/srv/a', '/srv/b'] })
  t.same(baseDirectories(security, 'win32'), ['/srv/a', '/srv/b'])
})

t.test('a task without a directory runs in the first base, a relative one below it', async (t) => {
  t.equal(requestedDirectory(undefined, '/srv/a'), '/srv/a')
  t.equal(requestedDirectory(null, '/srv/a'), '/srv/a')
  t.equal(requestedDirectory('', '/srv/a'), '/srv/a')
  t.equal(requestedDirectory('logs/today', '/srv/a'), join('/srv/a', 'logs/today'))
  t.equal(requestedDirectory('/elsewhere', '/srv/a'), '/elsewhere')
})

t.test('Bash in a sandbox is refused where the CLI has none', async (t) => {
  const sandboxed = securityWith({ tools: ['Read', 'Bash'] })
  t.equal(needsSandbox(sandboxed), true)
  t.throws(() => checkPlatform(sandboxed, 'win32'), { code: 'CLAUDE_SANDBOX_MISSING', refused: true })
  t.doesNotThrow(() => checkPlatform(sandboxed, 'linux'))
  t.doesNotThrow(() => checkPlatform(securityWith({ tools: ['Bash'], sandbox: 'off' }), 'win32'))
  t.doesNotThrow(() => checkPlatform(securityWith(), 'win32'))
})
