import t from 'tap'
import { policyFor } from '../../../../plugins/claude-task/policy/task-policy.ts'
import { policyWith, securityWith } from '../settings.ts'

t.test('a profile’s keys are laid over its defaults alone', async (t) => {
  const security = securityWith({
    baseDirectories: ['/srv'],
    roles: { technician: 'maintain' },
    profiles: { maintain: { maxTurns: 7, tools: ['Read', 'Edit'] } },
  })
  t.match(policyFor(security, { user: null, role: 'technician' }, null), {
    profile: { name: 'maintain' },
    tools: ['Read', 'Edit'],
    maxTurns: 7,
    maxBudgetUsd: 2,
    networkHosts: [],
  })
  t.match(policyFor(security, { user: null, role: 'technician' }, 'inspect'), {
    maxTurns: 30,
    tools: ['Read', 'Glob', 'Grep'],
  })
})

t.test('the built-in lists can be switched off, what the operator denies stays', async (t) => {
  const lists = { denyRead: ['*.secret'], denyWrite: ['*.lock'] }
  const on = policyWith('inspect', {}, lists)
  t.ok(on.denyRead.includes('.ssh') && on.denyRead.includes('*.secret'))
  t.ok(on.denyWrite.includes('.husky') && on.denyWrite.includes('*.lock'))
  const off = policyWith('inspect', {}, { ...lists, denyCredentials: false, denyStartupFiles: false })
  t.same([off.denyRead, off.denyWrite], [['*.secret'], ['*.lock']])
})
