import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { ProfileName } from '../../../../plugins/claude-task/config-schema.ts'
import { makeJudge } from '../../../../plugins/claude-task/policy/judge.ts'
import { policyWith } from '../settings.ts'

interface Options {
  readonly profile?: ProfileName
  readonly changes?: object
  readonly security?: object
  readonly access?: 'read-only' | 'read-write'
}

/** A judge over a folder `base` with files and links in it; `outside.txt` and the agent's `data` lie beside. */
function judgeIn(t: Test, { profile = 'maintain', changes = {}, security = {}, access = 'read-write' }: Options = {}) {
  const root = realpathSync(t.testdir({ 'outside.txt': 'x', data: { token: 'x' } }))
  const base = join(root, 'base')
  mkdirSync(join(base, 'sub', '.ssh'), { recursive: true })
  mkdirSync(`${base}-evil`)
  for (const name of ['a.txt', 'sub/b.txt', '.env', 'sub/.ssh/id', '../base-evil/x'])
    writeFileSync(join(base, name), 'x')
  symlinkSync('../outside.txt', join(base, 'link'))
  symlinkSync('..', join(base, 'up'))
  symlinkSync('sub/b.txt', join(base, 'inner'))
  symlinkSync('../nothing-yet', join(base, 'dangling'))
  const judge = makeJudge(policyWith(profile, changes, security), {
    directory: base,
    access,
    hidden: [join(root, 'data')],
  })
  return { root, base, rule: (tool: string, input: object) => judge.rule({ tool, input: input as never }) }
}

t.test('files inside are allowed, by the path that the CLI shall use', async (t) => {
  const { base, rule } = judgeIn(t)
  const path = join(base, 'sub', 'b.txt')
  for (const name of ['sub/b.txt', path, 'sub/../sub/./b.txt', 'inner', join(base, 'inner')]) {
    t.match(await rule('Read', { file_path: name }), { decision: 'allow', input: { file_path: path } }, name)
  }
  t.match(await rule('Read', { file_path: 'a.txt', limit: 3 }), { input: { file_path: join(base, 'a.txt'), limit: 3 } })
  t.match(await rule('Write', { file_path: 'new/folder/c.txt', content: '' }), {
    decision: 'allow',
    rule: 'security.profiles.maintain.tools',
    input: { file_path: join(base, 'new/folder/c.txt') },
  })
  t.match(await rule('Grep', { pattern: 'x' }), { decision: 'allow', input: { pattern: 'x', path: base } })
})

t.test('whatever leads out is denied, whichever tool and whichever way', async (t) => {
  const { root, base, rule } = judgeIn(t)
  const outside = [
    '/etc/passwd',
    '../outside.txt',
    `${base}-evil/x`,
    'link',
    'up/outside.txt',
    'sub/../../outside.txt',
    root,
  ]
  const denied = { decision: 'deny', rule: 'security.baseDirectories' }
  for (const name of [...outside, 'dangling', 'dangling/x', '~/x', '~root/x', 'a\0b', ''])
    for (const tool of ['Read', 'Edit', 'Write'])
      t.match(await rule(tool, { file_path: name }), denied, `${tool} ${JSON.stringify(name)}`)
  for (const tool of ['Glob', 'Grep'])
    for (const path of outside) t.match(await rule(tool, { pattern: '*', path }), denied, `${tool} in ${path}`)
  for (const pattern of ['/etc/*', '../*', 'sub/../../*', '{..,sub}/*', '~/*', `${root}/*`, '/*'])
    t.match(await rule('Glob', { pattern }), denied, pattern)
})

t.test('the folder that a pattern of Glob begins with is judged as its path', async (t) => {
  const { base, rule } = judgeIn(t)
  t.match(await rule('Glob', { pattern: `${base}/sub/*.txt` }), {
    decision: 'allow',
    input: { path: join(base, 'sub'), pattern: '*.txt' },
  })
  t.match(await rule('Glob', { pattern: `${base}/sub/.ssh/*` }), {
    decision: 'deny',
    rule: /^security.denyCredentials/,
  })
})

t.test('the agent’s own data and the denied lists hold inside a base directory too', async (t) => {
  const { rule } = judgeIn(t, { security: { denyRead: ['sub/*.txt'], denyWrite: ['a.*'] } })
  t.match(await rule('Read', { file_path: '.env' }), {
    decision: 'deny',
    rule: 'security.denyCredentials: {.env,.env.*}',
  })
  t.match(await rule('Read', { file_path: 'sub/.ssh/id' }), {
    decision: 'deny',
    rule: 'security.denyCredentials: .ssh',
  })
  t.match(await rule('Read', { file_path: 'inner' }), { decision: 'deny', rule: 'security.denyRead: sub/*.txt' })
  t.match(await rule('Read', { file_path: 'a.txt' }), { decision: 'allow' })
  t.match(await rule('Edit', { file_path: 'a.txt' }), { decision: 'deny', rule: 'security.denyWrite: a.*' })
  t.match(await rule('Write', { file_path: '.git/hooks/pre-commit' }), {
    decision: 'deny',
    rule: /^security.denyStartupFiles: /,
  })
  const holding = makeJudge(policyWith('inspect'), { directory: '/', access: 'read-only', hidden: ['/etc'] })
  t.match(await holding.rule({ tool: 'Read', input: { file_path: '/etc/passwd' } }), { rule: 'the agent’s own data' })
})

t.test('a read-only base is read and not changed', async (t) => {
  const { rule } = judgeIn(t, { access: 'read-only' })
  t.match(await rule('Read', { file_path: 'a.txt' }), { decision: 'allow' })
  for (const tool of ['Edit', 'Write'])
    t.match(await rule(tool, { file_path: 'a.txt' }), { decision: 'deny', why: /read-only/ }, tool)
})

t.test('a tool that the profile lacks is denied', async (t) => {
  const { rule } = judgeIn(t, { profile: 'inspect' })
  for (const tool of ['Write', 'Bash', 'WebFetch', 'constructor'])
    t.match(
      await rule(tool, { file_path: 'a.txt' }),
      { decision: 'deny', rule: 'security.profiles.inspect.tools' },
      tool,
    )
})

t.test('deny wins over ask, ask over allow, whatever their order', async (t) => {
  const rules = {
    all: { decision: 'allow', tools: ['Read'] },
    some: { decision: 'ask', tools: ['Read'], paths: ['sub'] },
    one: { decision: 'deny', tools: ['Read'], paths: ['sub/b.txt'] },
  }
  const { rule } = judgeIn(t, { changes: { rules, otherwise: 'deny' } })
  const key = 'security.profiles.maintain'
  t.match(await rule('Read', { file_path: 'a.txt' }), { decision: 'allow', rule: `${key}.rules.all` })
  t.match(await rule('Read', { file_path: 'sub/c.txt' }), { decision: 'ask', rule: `${key}.rules.some` })
  t.match(
    await rule('Read', { file_path: 'inner' }),
    { decision: 'deny', rule: `${key}.rules.one` },
    'by what it leads to',
  )
  t.match(await rule('Write', { file_path: 'a.txt' }), { decision: 'deny', rule: `${key}.otherwise` })
  t.match(await rule('Read', { file_path: '../outside.txt' }), { decision: 'deny' }, 'no rule widens the bounds')
})

t.test('commands are judged by their rules, and only known fields are carried out', async (t) => {
  const rules = {
    status: { decision: 'allow', tools: ['Bash'], commands: ['systemctl status *'] },
    services: { decision: 'ask', tools: ['Bash'], commands: ['systemctl *'] },
    deletes: { decision: 'deny', tools: ['Bash'], commands: ['rm *'] },
  }
  const { rule } = judgeIn(t, { profile: 'operate', changes: { rules } })
  const decide = async (command: unknown) => (await rule('Bash', { command })).decision
  t.equal(await decide('ls'), 'allow')
  t.equal(await decide('systemctl restart nginx'), 'ask')
  t.equal(await decide('systemctl restart nginx; rm x'), 'deny')
  t.equal(await decide(7), 'deny')
  const { input } = await rule('Bash', { command: 'ls', timeout: 5, dangerouslyDisableSandbox: true })
  t.same(input, { command: 'ls', timeout: 5 })
})

t.test('input of another shape is denied', async (t) => {
  const { rule } = judgeIn(t, { profile: 'operate' })
  const cases: [string, object][] = [
    ['Read', {}],
    ['Read', { file_path: ['a.txt'] }],
    ['Write', { file_path: null }],
    ['Glob', { pattern: 7 }],
    ['Grep', { pattern: 'x', path: { toString: 1 } }],
    ['Bash', {}],
  ]
  for (const [tool, input] of cases)
    t.match(await rule(tool, input), { decision: 'deny' }, JSON.stringify([tool, input]))
})
