import t from 'tap'
import { argumentsFor, REQUIRED_FLAGS, settingsFor } from '../../../plugins/claude-task/command-line.ts'
import { policyWith } from './settings.ts'

t.test('the policy reaches the CLI as arguments, the task does not', async (t) => {
  const args = argumentsFor(
    policyWith('inspect', { maxTurns: 7, maxBudgetUsd: 0.5, model: 'haiku' }),
    '/data/settings.json',
  )
  const after = (flag: string) => args[args.indexOf(flag) + 1]
  t.equal(after('--tools'), 'Read,Glob,Grep')
  t.equal(after('--max-turns'), '7')
  t.equal(after('--max-budget-usd'), '0.5')
  t.equal(after('--permission-mode'), 'manual')
  t.equal(after('--permission-prompt-tool'), 'stdio')
  t.equal(after('--input-format'), 'stream-json')
  t.equal(after('--settings'), '/data/settings.json')
  t.equal(after('--model'), 'haiku')
})

t.test('no tools and no model are said as such', async (t) => {
  const args = argumentsFor(policyWith('inspect', { tools: [] }), '/s')
  t.equal(args[args.indexOf('--tools') + 1], '')
  t.notOk(args.includes('--model'))
})

t.test('every flag that a CLI is tested for is given', async (t) => {
  const args = argumentsFor(policyWith(), '/s')
  for (const flag of REQUIRED_FLAGS) t.ok(args.includes(flag), flag)
})

t.test('what must stay hidden is denied to the CLI itself', async (t) => {
  t.match(settingsFor(policyWith(), ['/var/agent', 'C:\\Agent\\key'], 'none'), {
    permissions: {
      deny: ['Read(//var/agent)', 'Read(//var/agent/**)', 'Read(//c/Agent/key)', 'Read(//c/Agent/key/**)'],
    },
  })
})

t.test('the CLI is told to make a sandbox for commands where there is none around it', async (t) => {
  t.match(settingsFor(policyWith('operate', { networkHosts: ['deb.debian.org'] }), [], 'cli'), {
    sandbox: {
      enabled: true,
      failIfUnavailable: true,
      allowUnsandboxedCommands: false,
      network: { allowedDomains: ['deb.debian.org'] },
    },
  })
  t.notOk('sandbox' in settingsFor(policyWith('operate'), [], 'bubblewrap'))
  t.notOk('sandbox' in settingsFor(policyWith(), [], 'none'))
})
