import t from 'tap'
import { argumentsFor, REQUIRED_FLAGS, settingsFor } from '../../../plugins/claude-task/command-line.ts'
import { securityWith } from './settings.ts'

t.test('the policy reaches the CLI as arguments, the task does not', async (t) => {
  const args = argumentsFor(securityWith({ maxTurns: 7, maxBudgetUsd: 0.5, model: 'haiku' }), '/data/settings.json')
  const after = (flag: string) => args[args.indexOf(flag) + 1]
  t.equal(after('--tools'), 'Read,Glob,Grep')
  t.equal(after('--max-turns'), '7')
  t.equal(after('--max-budget-usd'), '0.5')
  t.equal(after('--permission-prompts'), 'none')
  t.equal(after('--settings'), '/data/settings.json')
  t.equal(after('--model'), 'haiku')
})

t.test('no tools and no model are said as such', async (t) => {
  const args = argumentsFor(securityWith({ tools: [] }), '/s')
  t.equal(args[args.indexOf('--tools') + 1], '')
  t.notOk(args.includes('--model'))
})

t.test('every flag that a CLI is tested for is given', async (t) => {
  const args = argumentsFor(securityWith(), '/s')
  for (const flag of REQUIRED_FLAGS) t.ok(args.includes(flag), flag)
})

t.test('what must stay hidden is denied before any rule of the policy', async (t) => {
  const security = securityWith({ allowRules: ['Read'], denyRules: ['Read(**/.env)'] })
  t.match(settingsFor(security, ['/var/agent', 'C:\\Agent\\key']), {
    permissions: {
      allow: ['Read'],
      deny: [
        'Read(//var/agent)',
        'Read(//var/agent/**)',
        'Read(//c/Agent/key)',
        'Read(//c/Agent/key/**)',
        'Read(**/.env)',
      ],
    },
  })
})

t.test('Bash brings a sandbox that must not be missing, unless the policy switches it off', async (t) => {
  t.match(settingsFor(securityWith({ tools: ['Bash'] }), []), {
    sandbox: { enabled: true, failIfUnavailable: true, allowUnsandboxedCommands: false },
  })
  t.notOk('sandbox' in settingsFor(securityWith({ tools: ['Bash'], sandbox: 'off' }), []))
  t.notOk('sandbox' in settingsFor(securityWith(), []))
})
