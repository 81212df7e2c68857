import t from 'tap'
import { chooseProfile, grantedProfiles } from '../../../../plugins/claude-task/policy/profile.ts'
import { securityWith } from '../settings.ts'

const security = securityWith({
  users: { anna: 'operate', guest: 'none' },
  roles: { technician: 'maintain', admin: 'operate' },
})
const KEY = 'plugins.claude_task.config.security'

t.test('the user decides before the role, the role before the default', async (t) => {
  const cases: [user: string | null, role: string | null, name: string, rule: string][] = [
    ['anna', 'technician', 'operate', 'users.anna'],
    ['bert', 'technician', 'maintain', 'roles.technician'],
    ['bert', 'trainee', 'inspect', 'defaultProfile'],
    [null, null, 'inspect', 'defaultProfile'],
    ['constructor', '__proto__', 'inspect', 'defaultProfile'],
  ]
  for (const [user, role, name, rule] of cases)
    t.same(chooseProfile(security, { user, role }, null), { name, rule: `${KEY}.${rule}` }, `${user}, ${role}`)
})

t.test('a task may ask for a lesser profile and never for a greater one', async (t) => {
  const technician = { user: 'bert', role: 'technician' }
  t.equal(chooseProfile(security, technician, 'inspect').name, 'inspect')
  t.equal(chooseProfile(security, technician, 'maintain').name, 'maintain')
  t.throws(() => chooseProfile(security, technician, 'operate'), {
    code: 'TASK_PROFILE_DENIED',
    refused: true,
    rule: `${KEY}.roles.technician`,
    message: /asks for the profile operate and the user "bert" has maintain/,
  })
})

t.test('none refuses every task, also one that asks for less', async (t) => {
  for (const asked of [null, 'inspect'] as const)
    t.throws(() => chooseProfile(security, { user: 'guest', role: 'admin' }, asked), {
      code: 'TASK_PROFILE_DENIED',
      rule: `${KEY}.users.guest`,
    })
  const closed = securityWith({ defaultProfile: 'none' })
  t.throws(() => chooseProfile(closed, { user: null, role: null }, null), { message: /a task that names no user/ })
})

t.test('what somebody may have is known', async (t) => {
  t.same(grantedProfiles(security), ['inspect', 'maintain', 'operate'])
  t.same(grantedProfiles(securityWith()), ['inspect'])
  t.same(grantedProfiles(securityWith({ roles: { technician: 'maintain' } })), ['inspect', 'maintain'])
  t.same(grantedProfiles(securityWith({ defaultProfile: 'none' })), [])
})
