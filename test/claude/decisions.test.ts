import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { CWD, realTest } from './real.ts'

interface Decision {
  readonly tool: string
  readonly target: string | null
  readonly decision: string
  readonly rule: string
  readonly by: string
}

const call = (name: string, input: object) => ({ name, input })

/** Every tool use that the CLI told the model of: those of the last request are all. */
function usesIn(requests: readonly { readonly raw: string }[]): string[] {
  const last = JSON.parse(requests.at(-1)?.raw ?? '{}') as { messages: { content: { type: string; name: string }[] }[] }
  return last.messages.flatMap(({ content }) =>
    Array.isArray(content) ? content.flatMap(({ type, name }) => (type === 'tool_use' ? [name] : [])) : [],
  )
}

t.test('every tool use has its one decision, whoever made it', async (t) => {
  const calls = [
    call('Read', { file_path: `${CWD}/a.txt` }),
    call('Read', { file_path: 'sub/b.txt' }),
    call('Read', { file_path: '/etc/hostname' }),
    call('Read', { file_path: `${CWD}/link` }),
    call('Read', { file_path: `${CWD}/.env` }),
    call('Read', {}),
    call('Glob', { pattern: '**' }),
    call('Glob', { pattern: '/etc/*' }),
    call('Glob', { pattern: '../*' }),
    call('Grep', { pattern: 'x', path: '..' }),
    call('Grep', { pattern: 'secret-word', output_mode: 'content', glob: '.env' }),
    call('Edit', { file_path: `${CWD}/a.txt`, old_string: 'hello', new_string: 'bye' }),
    call('Write', { file_path: `${CWD}/.git/hooks/pre-commit`, content: 'x' }),
    call('Write', { file_path: `${CWD}/dangling`, content: 'x' }),
    call('Bash', { command: 'id' }),
    call('NoSuchTool', {}),
  ]
  const { run, base, root, fake, sent } = await realTest(t, {
    scenarios: { all: [{ calls: calls.slice(0, 8) }, { calls: calls.slice(8) }, { text: 'tried' }] },
    profile: 'maintain',
  })
  mkdirSync(join(base, 'sub'))
  for (const [name, content] of [
    ['a.txt', 'hello'],
    ['sub/b.txt', 'b'],
    ['.env', 'secret-word'],
    ['../out.txt', 'far'],
  ])
    writeFileSync(join(base, name ?? ''), content ?? '')
  symlinkSync('../out.txt', join(base, 'link'))
  symlinkSync('../planted.txt', join(base, 'dangling'))
  const { exitCode, data } = await run('fake-scenario:all')
  t.equal(exitCode, 0)
  const { decisions, decisions_left_out: leftOut } = data as { decisions: Decision[]; decisions_left_out: number }
  const byName = (names: string[]) => names.toSorted().join(' ')
  t.equal(byName(decisions.map(({ tool }) => tool)), byName(usesIn(fake.requests)), 'none is missing, none is twice')
  t.equal(decisions.length, calls.length)
  t.equal(leftOut, 0)
  const allowed = decisions.filter(({ decision }) => decision === 'allow')
  t.equal(byName(allowed.map(({ tool }) => tool)), 'Edit Glob Grep Read Read')
  t.ok(
    allowed.every(({ by }) => by === 'policy'),
    'nothing ran unasked',
  )
  t.notMatch(sent(), /secret-word(?!\\?")|"content":"1\\tfar/, 'neither the denied file nor the one outside was read')
  t.match(
    decisions.find(({ target }) => target?.endsWith('.env')),
    { decision: 'deny', rule: /^security\.denyCredentials/ },
    'also where the CLI denied it, the rule has a name',
  )
  t.throws(() => readFileSync(join(root, 'planted.txt')))
})

t.test('a read-only base is not changed, though the profile edits', async (t) => {
  const { run, base } = await realTest(t, {
    scenarios: {
      write: [{ calls: [call('Write', { file_path: `${CWD}/new.txt`, content: 'x' })] }, { text: 'tried' }],
    },
    profile: 'maintain',
    access: 'read-only',
  })
  t.match(await run('fake-scenario:write'), {
    exitCode: 0,
    data: { decisions: [{ tool: 'Write', decision: 'deny', rule: 'security.baseDirectories', by: 'policy' }] },
  })
  t.throws(() => readFileSync(join(base, 'new.txt')))
})

t.test('rules of the profile decide about files and commands, and no answer is a no', async (t) => {
  const rules = {
    'no-logs': { decision: 'deny', tools: ['Read'], paths: ['*.log'] },
    services: { decision: 'ask', tools: ['Bash'], commands: ['systemctl *'] },
  }
  const calls = [
    call('Read', { file_path: `${CWD}/a.log` }),
    call('Bash', { command: 'systemctl restart x; touch ran.txt' }),
    call('Bash', { command: 'touch fine.txt' }),
  ]
  const { run, base, kit } = await realTest(t, {
    scenarios: { rules: [{ calls }, { text: 'tried' }] },
    profile: 'operate',
    security: { profiles: { operate: { rules } } },
  })
  if (!(await kit.check()).find(({ name }) => name === 'sandbox')?.ok) return t.pass('this machine has no sandbox')
  writeFileSync(join(base, 'a.log'), 'x')
  const { data } = await run('fake-scenario:rules')
  const decisions = (data as { decisions: Decision[] }).decisions.map(({ rule, decision, by }) => [rule, decision, by])
  const key = 'security.profiles.operate'
  t.same(decisions.toSorted(), [
    [`${key}.rules.no-logs`, 'deny', 'policy'],
    [`${key}.rules.services`, 'deny', 'nobody'],
    [`${key}.tools`, 'allow', 'policy'],
  ])
  t.throws(() => readFileSync(join(base, 'ran.txt')))
  t.equal(readFileSync(join(base, 'fine.txt'), 'utf8'), '')
})
