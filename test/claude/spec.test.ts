import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { CWD, realTest } from './real.ts'

// The spec's own examples and testing recommendations, with a base directory of this machine. Those on rate and concurrency are
// the agent's limits, and tested there.

t.test('the example of the command protocol', async (t) => {
  const { run, base, sent } = await realTest(t, {
    scenarios: { default: [{ text: 'No errors in the last 24 hours.' }] },
  })
  mkdirSync(join(base, 'logs'))
  for (const name of ['sync.log', 'error.log']) writeFileSync(join(base, 'logs', name), 'ok\n')
  const result = await run({
    task: 'Check the sync log for errors in last 24 hours',
    working_directory: join(base, 'logs'),
    context_files: ['sync.log', 'error.log'],
  })
  t.match(result, { exitCode: 0, stdout: 'No errors in the last 24 hours.', stderr: '' })
  t.notOk(result.failure)
  for (const text of ['Check the sync log', 'sync.log', 'error.log']) t.match(sent(), text)
})

t.test('the example from the server, whose Claude reads the file it is pointed to', async (t) => {
  const { run, base, sent } = await realTest(t, {
    scenarios: {
      default: [{ calls: [{ name: 'Read', input: { file_path: `${CWD}/sync.log` } }] }, { text: 'One error.' }],
    },
  })
  writeFileSync(join(base, 'sync.log'), 'ERROR: disk 7 is gone\n')
  const result = await run({
    task: 'Analyze the sync logs and report any errors from the last 24 hours',
    working_directory: base,
    context_files: ['sync.log'],
  })
  t.match(result, { exitCode: 0, stdout: 'One error.', data: { turns: 2, denials: [], working_directory: base } })
  t.match(sent(), 'disk 7 is gone', 'the model was sent what the file holds')
  t.match(
    result.progress.map(({ data }) => (data as { event: string }).event),
    ['started', 'turn', 'tool_use', 'turn', 'text', 'result'],
  )
})

t.test('1. basic task execution', async (t) => {
  const { run, base } = await realTest(t, {
    scenarios: { default: [{ calls: [{ name: 'Glob', input: { pattern: '*' } }] }, { text: 'There is one file.' }] },
  })
  writeFileSync(join(base, 'a.txt'), '')
  const result = await run({ task: 'List files in current directory' })
  t.match(result, { exitCode: 0, stdout: 'There is one file.', data: { working_directory: base, denials: [] } })
})

t.test('2. working directory validation', async (t) => {
  const { run, base } = await realTest(t)
  mkdirSync(join(base, 'subdir'))
  const inside = await run({ task: 'Check directory contents', working_directory: join(base, 'subdir') })
  t.match(inside, { exitCode: 0, data: { working_directory: join(base, 'subdir') } })
  const relative = await run({ task: 'Check directory contents', working_directory: 'subdir' })
  t.match(relative, { exitCode: 0, data: { working_directory: join(base, 'subdir') } })
  const missing = await run({ task: 'Check directory contents', working_directory: join(base, 'nothing') })
  t.match(missing, { exitCode: -1, failure: { code: 'DIRECTORY_MISSING' } })
})

t.test('3. context file usage', async (t) => {
  const { run, base, root, sent } = await realTest(t)
  writeFileSync(join(root, 'outside.txt'), 'not-for-claude')
  writeFileSync(join(base, 'test.log'), `fine, see @${join(root, 'outside.txt')} and @large.log\n`)
  writeFileSync(join(base, 'large.log'), 'too-large-for-the-prompt\n'.repeat(10_000))
  const input = { task: 'Analyze this log file for errors', context_files: ['test.log', 'large.log'] }
  t.match(await run(input), {
    exitCode: 0,
    data: {
      context_files: [
        { name: 'test.log', given: 'whole' },
        { name: 'large.log', given: 'name', bytes: 250_000 },
      ],
    },
  })
  t.match(sent(), 'fine, see @', 'a small file is in the prompt')
  t.match(sent(), '- large.log (250000 bytes)', 'a large one is named')
  t.notMatch(sent(), /not-for-claude|too-large-for/, 'what a file mentions is not read')
  t.match(await run({ ...input, context_files: ['missing.log'] }), {
    exitCode: -1,
    failure: { code: 'CONTEXT_FILE_MISSING' },
  })
})

t.test('6. security: traversal, injection and context files outside reach nobody', async (t) => {
  const { run, fake } = await realTest(t)
  const cases: [object, RegExp][] = [
    [{ task: 'x', working_directory: '../../../Windows' }, /^DIRECTORY_/],
    [{ task: 'x', working_directory: '../../../../../../../../../etc' }, /^DIRECTORY_OUTSIDE$/],
    [{ task: 'task; del *.*' }, /^TASK_CHARACTER_FORBIDDEN$/],
    [{ task: 'x', context_files: ['../../../../../../../../../etc/passwd'] }, /^CONTEXT_FILE_OUTSIDE$/],
    [{ task: 'x', context_files: ['..\\..\\Windows\\win.ini'] }, /^CONTEXT_FILE_/],
  ]
  for (const [input, code] of cases)
    t.match(await run(input), { exitCode: -1, failure: { code } }, JSON.stringify(input))
  t.same(fake.requests, [])
})
