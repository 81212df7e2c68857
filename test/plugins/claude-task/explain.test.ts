import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { taskTest } from './task.ts'

const RULES = 'plugins.claude_task.config.security'

t.test('a task that would run is told its profile, tools and directory, with the keys that decide', async (t) => {
  const { kit, base } = await taskTest(t)
  mkdirSync(join(base, 'logs'))
  writeFileSync(join(base, 'logs/sync.log'), 'fine\n')
  const input = { task: 'Look', working_directory: 'logs', context_files: ['sync.log'] }
  const { verdicts, failure } = await kit.explain('claude_task', input)
  t.equal(failure, undefined)
  t.match(verdicts, [
    { allowed: true, rule: `${RULES}.taskFilter` },
    { rule: `${RULES}.defaultProfile`, message: /profile inspect/ },
    { rule: `${RULES}.profiles.inspect.tools`, message: /Read/ },
    { rule: `${RULES}.baseDirectories`, message: /logs, which is read-write/ },
    { rule: `${RULES}.maxContextFiles` },
  ])
  t.notOk(existsSync(join(base, 'asked')))
})

t.test('what the task would be refused for is told as it would be', async (t) => {
  const { kit, root, base } = await taskTest(t)
  writeFileSync(join(base, '.env'), 'SECRET=1\n')
  const cases: [object, string, string | undefined][] = [
    [{ task: 'a; b' }, 'TASK_CHARACTER_FORBIDDEN', `${RULES}.taskFilter`],
    [{ task: 'a', profile: 'operate' }, 'TASK_PROFILE_DENIED', `${RULES}.defaultProfile`],
    [{ task: 'a', working_directory: root }, 'DIRECTORY_OUTSIDE', `${RULES}.baseDirectories`],
    [{ task: 'a', context_files: ['none.txt'] }, 'CONTEXT_FILE_MISSING', undefined],
    [{ task: 'a', context_files: ['.env'] }, 'CONTEXT_FILE_DENIED', undefined],
  ]
  for (const [input, code, rule] of cases) {
    const { failure } = await kit.explain('claude_task', input)
    t.equal(failure?.code, code, JSON.stringify(input))
    if (rule !== undefined) t.equal(failure?.rule, rule)
  }
})
