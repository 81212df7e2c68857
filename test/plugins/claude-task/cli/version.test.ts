import t from 'tap'
import { isAtLeast, missingFlags, parseVersion } from '../../../../plugins/claude-task/cli/version.ts'

t.test('the version is read from the CLI’s own answer only', async (t) => {
  t.equal(parseVersion('2.1.330 (Claude Code)\n'), '2.1.330')
  t.equal(parseVersion('3.0.0-beta.1 (Claude Code)'), '3.0.0')
  t.equal(parseVersion('git version 2.1.330'), undefined)
  t.equal(parseVersion('2.1.330'), undefined)
  t.equal(parseVersion(''), undefined)
})

t.test('versions are compared as numbers', async (t) => {
  t.equal(isAtLeast('2.1.259', '2.1.259'), true)
  t.equal(isAtLeast('2.1.1000', '2.1.259'), true)
  t.equal(isAtLeast('2.2.0', '2.1.259'), true)
  t.equal(isAtLeast('10.0.0', '2.1.259'), true)
  t.equal(isAtLeast('2.1.99', '2.1.259'), false)
  t.equal(isAtLeast('1.9.999', '2.1.259'), false)
})

t.test('a flag counts only as a whole word', async (t) => {
  const help = 'Options:\n  --restricted   confined\n  --permission-prompts <target>\n  --tools <tools...>'
  t.same(missingFlags(help, ['--restricted', '--tools']), [])
  t.same(missingFlags(help, ['--permission', '--tools', '--settings']), ['--permission', '--settings'])
})
