import t from 'tap'
import { testPlugin } from '../../../core/testing/index.ts'
import plugin from '../../../plugins/shell/index.ts'

const ALLOW = 'plugins.shell.config.allow'

t.test('it names the pattern that lets a text through, or refuses as the handler would', async (t) => {
  const kit = await testPlugin(plugin, { config: { allow: ['true', 'echo .*'] } })
  t.teardown(() => kit.close())
  const allowed = { verdicts: [{ allowed: true, rule: ALLOW, message: /"echo \.\*"/ }] }
  t.match(await kit.explain('shell', { command: 'echo hi' }), allowed)
  t.match(await kit.explain('powershell', { command: 'echo hi' }), allowed)
  t.match(await kit.explain('script', { body: 'echo hi' }), allowed)
  for (const [type, input] of [
    ['shell', { command: 'echo hi; id\nid' }],
    ['script', { body: 'id' }],
  ] as const) {
    t.match(await kit.explain(type, input), { failure: { code: 'SHELL_NOT_ALLOWED', rule: ALLOW } })
  }
  t.match(await kit.explain('shell', { comand: 'id' }), { failure: { code: 'COMMAND_INPUT_INVALID' } })
})

t.test('without patterns everything is allowed; elevation has a rule of its own', async (t) => {
  const kit = await testPlugin(plugin)
  t.teardown(() => kit.close())
  t.match(await kit.explain('shell', { command: 'anything' }), { verdicts: [{ allowed: true, rule: ALLOW }] })
  const rule = 'plugins.shell.config.elevated'
  t.match(await kit.explain('shell', { command: 'id' }, { elevated: true }), {
    failure: { code: 'ELEVATION_UNAVAILABLE', rule },
  })
  await kit.reconfigure({ elevated: true })
  t.match(await kit.explain('shell', { command: 'id' }, { elevated: true }), { verdicts: [{ rule }, { rule: ALLOW }] })
})
