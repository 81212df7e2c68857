import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { processesWith } from '../helpers/processes.ts'
import { waitUntil } from '../helpers/wait-until.ts'
import { CWD, realTest } from './real.ts'

const call = (name: string, input: object) => [{ calls: [{ name, input }] }, { text: 'tried' }]
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const write = (path: string) => call('Write', { file_path: path, content: 'written' })

t.test('edits stay in the working directory, and away from what configures tools', async (t) => {
  const scenarios = {
    inside: write(`${CWD}/new.txt`),
    outside: write(`${CWD}/../planted.txt`),
    settings: write(`${CWD}/.claude/settings.json`),
    hooks: write(`${CWD}/.git/hooks/pre-commit`),
    mcp: write(`${CWD}/.mcp.json`),
  }
  const { run, base, root } = await realTest(t, { scenarios, profile: 'maintain' })
  const after = sha256('written')
  t.match(await run('fake-scenario:inside'), {
    exitCode: 0,
    data: {
      denials: [],
      changes: { complete: true, left_out: 0, files: [{ path: 'new.txt', change: 'created', before: null, after }] },
    },
  })
  t.equal(readFileSync(join(base, 'new.txt'), 'utf8'), 'written')
  for (const name of ['outside', 'settings', 'hooks', 'mcp']) {
    const data = { denials: [{ tool: 'Write' }], changes: { files: [] } }
    t.match(await run(`fake-scenario:${name}`), { exitCode: 0, data }, name)
  }
  for (const path of ['../planted.txt', '.claude/settings.json', '.git/hooks/pre-commit', '.mcp.json'])
    t.notOk(existsSync(join(base, path)), path)
  t.notOk(existsSync(join(root, 'planted.txt')))
})

t.test('in a directory too large to be known whole, what Claude writes is told all the same', async (t) => {
  const file_path = `${CWD}/sub/last.txt`
  const steps = [
    { calls: [{ name: 'Read', input: { file_path } }] },
    { calls: [{ name: 'Write', input: { file_path, content: 'written' } }] },
    { text: 'done' },
  ]
  const { run, base } = await realTest(t, { scenarios: { large: steps }, profile: 'maintain' })
  mkdirSync(join(base, 'sub'))
  writeFileSync(join(base, 'sub', 'last.txt'), 'before')
  for (let index = 0; index < 5000; index++) writeFileSync(join(base, `${index}.txt`), '')
  t.match(await run('fake-scenario:large'), {
    exitCode: 0,
    data: {
      changes: {
        complete: false,
        files: [{ path: 'sub/last.txt', change: 'changed', before: sha256('before'), after: sha256('written') }],
      },
    },
  })
})

t.test('with the default tools nothing is written', async (t) => {
  const { run, base } = await realTest(t, { scenarios: { inside: write(`${CWD}/new.txt`) } })
  t.match(await run('fake-scenario:inside'), { exitCode: 0, data: { denials: [{ tool: 'Write' }], changes: null } })
  t.notOk(existsSync(join(base, 'new.txt')))
})

t.test('at the deadline Bash’s children are gone, in sessions of their own or not', async (t) => {
  const sleep = `${600 + Math.floor(Math.random() * 100_000)}.${process.pid}`
  const command = `setsid sleep ${sleep} & (setsid sh -c 'env -i setsid -f sleep ${sleep}' &) ; sleep ${sleep}`
  const { run } = await realTest(t, {
    scenarios: { strays: call('Bash', { command, description: 'stray', timeout: 600_000 }) },
    profile: 'operate',
  })
  const running = run('fake-scenario:strays', { timeoutSeconds: 30 })
  await waitUntil('the children run', async () => (await processesWith(sleep)).length >= 3)
  t.match(await running, { exitCode: 124 })
  t.same(await processesWith(sleep), [])
})

t.test('Bash that is to be sandboxed runs in a sandbox or not at all', async (t) => {
  const command = 'touch in.txt; touch ../out.txt; env; cat ../k*'
  const { run, kit, base, root, sent } = await realTest(t, {
    scenarios: { bash: call('Bash', { command, description: 'tries' }) },
    profile: 'operate',
  })
  const result = await run('fake-scenario:bash')
  const hasSandbox = (await kit.check()).find(({ name }) => name === 'sandbox')?.ok
  if (hasSandbox) t.match(result, { exitCode: 0, stdout: 'tried' })
  else t.match(result, { exitCode: -1, failure: { code: 'CLAUDE_SANDBOX_MISSING' } })
  t.equal(existsSync(join(base, 'in.txt')), hasSandbox)
  t.notOk(existsSync(join(root, 'out.txt')))
  t.notMatch(sent(), 'sk-test-', 'neither its environment nor the file shows the key')
})
