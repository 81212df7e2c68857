import t from 'tap'
import { shellHost } from './shell-host.ts'

t.test('only what matches a pattern as a whole runs, and the refusal names the rule', async (t) => {
  const host = await shellHost(t, { allow: ['echo [a-z]+', 'true|false'] })
  for (const command of ['echo abc', 'true', 'false']) t.notMatch(await host.run('shell', { command }), { failure: {} })
  for (const command of [
    'echo abc; id',
    'id; echo abc',
    'echo abc\nid',
    'echo abc\n',
    ' true',
    'echo',
    'truefalse',
    'ECHO abc',
  ]) {
    t.hasStrict(
      await host.run('shell', { command }),
      { exitCode: -1, stdout: '', failure: { code: 'SHELL_NOT_ALLOWED', rule: 'plugins.shell.config.allow' } },
      JSON.stringify(command),
    )
  }
})

t.test('the patterns hold for powershell and script too', async (t) => {
  const host = await shellHost(t, { allow: ['echo ok', 'echo a\\necho b'] })
  t.hasStrict(await host.run('powershell', { command: 'Get-Process' }), { failure: { code: 'SHELL_NOT_ALLOWED' } })
  t.hasStrict(await host.run('script', { body: 'echo ok\nid' }), { failure: { code: 'SHELL_NOT_ALLOWED' } })
  t.hasStrict(await host.run('script', { body: 'echo a\necho b' }), { exitCode: 0, stdout: 'a\nb\n' })
})

t.test('an empty list allows nothing', async (t) => {
  const host = await shellHost(t, { allow: [] })
  t.hasStrict(await host.run('shell', { command: 'true' }), { exitCode: -1, failure: { code: 'SHELL_NOT_ALLOWED' } })
})

t.test('a pattern that makes other engines run for ever is answered', async (t) => {
  const host = await shellHost(t, { allow: ['(a+)+b'] })
  t.hasStrict(await host.run('shell', { command: 'a'.repeat(50_000) }), { failure: { code: 'SHELL_NOT_ALLOWED' } })
})

t.test('a pattern that is none, or that RE2 does not have, keeps the plugin from starting', async (t) => {
  for (const pattern of ['(', 'a(?=b)', '(a)\\1']) {
    const [status] = (await shellHost(t, { allow: [pattern] })).list()
    t.match(status, { state: 'failed', code: 'PLUGIN_SETUP_FAILED', reason: /plugins\.shell\.config\.allow/ })
  }
})

t.test('a changed list is in force at once', async (t) => {
  const host = await shellHost(t, { allow: ['true'] })
  t.hasStrict(await host.run('shell', { command: 'echo a' }), { failure: { code: 'SHELL_NOT_ALLOWED' } })
  await host.reconfigure('shell', { enabled: true, config: { allow: ['echo a'] } })
  t.hasStrict(await host.run('shell', { command: 'echo a' }), { exitCode: 0 })
  t.hasStrict(await host.run('shell', { command: 'true' }), { failure: { code: 'SHELL_NOT_ALLOWED' } })
})
