import { existsSync, mkdirSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { processesWith } from '../../helpers/processes.ts'
import { waitUntil } from '../../helpers/wait-until.ts'
import { KEY, taskTest } from './task.ts'

const behaving = (name: string, more: Readonly<Record<string, string>> = {}) => ({
  environment: { FAKE_CLAUDE: name, ...more },
})

/** Seconds that no other test sleeps, to find its sleepers by. */
const uniqueSleep = () => `${600 + Math.floor(Math.random() * 100_000)}.${process.pid}`

t.test('the task goes to standard input, nothing of it or the key into the arguments', async (t) => {
  const { run, base } = await taskTest(t)
  mkdirSync(join(base, 'logs'))
  writeFileSync(join(base, 'logs', 'sync.log'), 'all is well')
  const result = await run({ task: 'Check the log', working_directory: 'logs', context_files: ['sync.log'] })
  t.match(result, { exitCode: 0, stderr: '', data: { working_directory: join(base, 'logs'), cli_version: '2.1.330' } })
  const { prompt, args, env, cwd } = JSON.parse(result.stdout)
  t.match(prompt, /^Task from the operator:\nCheck the log\n[\s\S]*The file sync\.log [\s\S]*\nall is well\n/)
  t.notMatch(JSON.stringify(args), /Check the log|sync\.log|all is well|sk-test/)
  t.equal(cwd, join(base, 'logs'))
  t.ok('ANTHROPIC_API_KEY' in env)
})

t.test('the key is masked wherever the CLI repeats it', async (t) => {
  const { run } = await taskTest(t)
  const result = await run('tell')
  t.notMatch(JSON.stringify(result), KEY)
})

t.test('nothing of the agent’s own environment reaches the CLI', async (t) => {
  process.env.GURURMM_TEST_SECRET = 'leaked'
  t.teardown(() => delete process.env.GURURMM_TEST_SECRET)
  const { run } = await taskTest(t)
  const { env } = JSON.parse((await run('tell')).stdout)
  t.notOk('GURURMM_TEST_SECRET' in env)
  t.not(env.HOME, process.env.HOME)
})

t.test('home and config folder are new for each task and gone after it', async (t) => {
  const { run, kit } = await taskTest(t)
  const homes = []
  for (const _ of [1, 2]) homes.push(JSON.parse((await run('tell')).stdout).env.HOME)
  t.not(homes[0], homes[1])
  for (const home of homes) t.notOk(existsSync(home))
  t.same(readdirSync(join(kit.dataDir, 'tasks')), [])
})

t.test('the settings hide the key and the agent’s data', async (t) => {
  const { run, kit, keyFile } = await taskTest(t)
  const { settings } = JSON.parse((await run('tell')).stdout)
  const agentData = realpathSync(join(kit.dataDir, '..', '..'))
  t.match(settings.permissions.deny, [`Read(/${agentData})`, `Read(/${agentData}/**)`, `Read(/${keyFile})`])
})

t.test('noise on standard output loses nothing, nor does a last line without an end', async (t) => {
  const { run } = await taskTest(t, behaving('noise'))
  t.match(await run('x'), { exitCode: 0, stdout: 'through the noise', data: { session_id: 's1' } })
})

t.test('a line of any length and a flood of complaints are survived', async (t) => {
  const { run } = await taskTest(t, behaving('flood'))
  t.match(await run('x'), { exitCode: 0, stdout: 'after the flood' })
})

t.test('a CLI that stays after its result is stopped, and its answer stands', async (t) => {
  const sleep = uniqueSleep()
  const { run } = await taskTest(t, behaving('lingers', { FAKE_CLAUDE_SLEEP: sleep }))
  t.match(await run('x'), { exitCode: 0, stdout: 'and stays' })
  t.same(await processesWith(sleep), [])
})

t.test('a CLI that falls silent is ended with all it started', async (t) => {
  const sleep = uniqueSleep()
  const { run } = await taskTest(t, {
    ...behaving('silent', { FAKE_CLAUDE_SLEEP: sleep }),
    config: { idleTimeoutSeconds: 5 },
  })
  t.match(await run('x'), { exitCode: 1, failure: { code: 'CLAUDE_STALLED' }, data: { session_id: 's1' } })
  t.same(await processesWith(sleep), [])
})

t.test('at the deadline nothing of the task is left, and what was said is told', async (t) => {
  const sleep = uniqueSleep()
  const { run, kit } = await taskTest(t, behaving('talks', { FAKE_CLAUDE_SLEEP: sleep }))
  const result = await run('x', { timeoutSeconds: 6 })
  t.match(result, {
    exitCode: 124,
    stdout: 'so far',
    failure: { code: 'COMMAND_TIMED_OUT' },
    data: { session_id: 's1' },
  })
  t.same(await processesWith(sleep), [])
  t.same(readdirSync(join(kit.dataDir, 'tasks')), [])
})

t.test('a cancel ends the task and all it started', async (t) => {
  const sleep = uniqueSleep()
  const { run } = await taskTest(t, behaving('talks', { FAKE_CLAUDE_SLEEP: sleep }))
  const cancel = new AbortController()
  const running = run('x', { signal: cancel.signal })
  await waitUntil('the task has started its children', async () => (await processesWith(sleep)).length >= 3)
  cancel.abort()
  t.match(await running, { exitCode: -1, failure: { code: 'COMMAND_CANCELLED' } })
  t.same(await processesWith(sleep), [])
})

t.test('a CLI that breaks off is told by how it ended', async (t) => {
  const cases: [string, object][] = [
    ['vanishes', { exitCode: 1, failure: { code: 'CLAUDE_NO_RESULT' }, data: { session_id: 's1' } }],
    ['crashes', { exitCode: 1, failure: { code: 'CLAUDE_FAILED', message: /exit code 3.*the disk is on fire/ } }],
    ['succeeds-badly', { exitCode: 1, failure: { code: 'CLAUDE_FAILED', message: /exit code 7.*something broke/ } }],
  ]
  for (const [behaviour, expected] of cases) {
    await t.test(behaviour, async (t) => t.match(await (await taskTest(t, behaving(behaviour))).run('x'), expected))
  }
})

t.test('a CLI that uses a tool without asking is ended', async (t) => {
  const { run } = await taskTest(t, behaving('ungated'))
  t.match(await run('x'), {
    exitCode: 1,
    failure: { code: 'CLAUDE_UNGATED' },
    data: { decisions: [{ tool: 'Read', target: '/etc/passwd', decision: 'allow', by: 'cli' }] },
  })
})

t.test('a CLI that ends without reading a long task is no fault of the agent', async (t) => {
  const { run } = await taskTest(t, { ...behaving('reads-nothing'), security: { maxTaskCharacters: 200_000 } })
  t.match(await run('x'.repeat(200_000)), { exitCode: 0, stdout: 'did not listen' })
})

t.test('the CLI’s own progress comes as events, in order', async (t) => {
  const { run } = await taskTest(t, behaving('noise'))
  const { progress } = await run('x')
  t.match(progress, [
    { stream: 'event', data: { event: 'started', session_id: 's1', tools: ['Read'] } },
    { stream: 'event', data: { event: 'result', is_error: false } },
  ])
})

t.test('input of another shape is refused by the type’s schema', async (t) => {
  const { run } = await taskTest(t)
  for (const input of [
    {},
    { task: 7 },
    { task: 'x', command: 'y' },
    { task: 'x', context_files: 'a' },
    { task: 'x', context_files: [''] },
  ]) {
    t.match(await run(input), { exitCode: -1, failure: { code: 'COMMAND_INPUT_INVALID' } }, JSON.stringify(input))
  }
  t.match(await run('x', { elevated: true }), { exitCode: -1, failure: { code: 'ELEVATION_UNSUPPORTED' } })
  t.match(await run({ task: 'x', working_directory: null, context_files: null }), { exitCode: 0 }, 'null means absent')
})

t.test('refusals come before anything is started', async (t) => {
  const { run, base } = await taskTest(t)
  mkdirSync(join(base, '..', 'base-evil'))
  symlinkSync('../base-evil', join(base, 'link'))
  writeFileSync(join(base, 'file'), '')
  const cases: [object, string][] = [
    [{ task: ' ' }, 'TASK_EMPTY'],
    [{ task: 'a'.repeat(10_001) }, 'TASK_TOO_LONG'],
    [{ task: 'task; del *.*' }, 'TASK_CHARACTER_FORBIDDEN'],
    [{ task: 'x', working_directory: '../../../Windows' }, 'DIRECTORY_MISSING'],
    [{ task: 'x', working_directory: '..' }, 'DIRECTORY_OUTSIDE'],
    [{ task: 'x', working_directory: `${base}-evil` }, 'DIRECTORY_OUTSIDE'],
    [{ task: 'x', working_directory: 'link' }, 'DIRECTORY_OUTSIDE'],
    [{ task: 'x', working_directory: 'file' }, 'DIRECTORY_MISSING'],
    [{ task: 'x', working_directory: 'a\0b' }, 'PATH_INVALID'],
    [{ task: 'x', context_files: ['../../etc/passwd'] }, 'CONTEXT_FILE_MISSING'],
    [{ task: 'x', context_files: ['/etc/passwd'] }, 'CONTEXT_FILE_OUTSIDE'],
  ]
  for (const [input, code] of cases) {
    const result = await run(input)
    t.match(result, { exitCode: -1, stdout: '', failure: { code }, progress: [] }, code)
    t.match(result.stderr, /^[^\n]{20,}[.]$/, 'one sentence')
  }
})

t.test('a plugin that is not set up refuses each task and says what to set', async (t) => {
  const cases: [object, string][] = [
    [{ security: {} }, 'BASE_DIRECTORY_UNSET'],
    [{ config: { apiKeyFile: null } }, 'SECRET_UNAVAILABLE'],
    [{ cliPath: '/nowhere/claude' }, 'CLAUDE_MISSING'],
  ]
  for (const [options, code] of cases) {
    await t.test(code, async (t) => {
      const bases = code === 'BASE_DIRECTORY_UNSET' ? { security: { baseDirectories: [] } } : {}
      const { run } = await taskTest(t, { ...options, ...bases })
      t.match(await run('x'), { exitCode: -1, failure: { code } })
    })
  }
})

t.test('a CLI that is too old, or another program, is refused', async (t) => {
  const cases = { '2.1.197 (Claude Code)': 'CLAUDE_TOO_OLD', 'claude 1.0': 'CLAUDE_UNUSABLE' }
  for (const [version, code] of Object.entries(cases)) {
    await t.test(version, async (t) => {
      const { run } = await taskTest(t, { version })
      t.match(await run('x'), { exitCode: -1, failure: { code } })
    })
  }
})

t.test('leftovers of a killed agent are gone after the next setup', async (t) => {
  const { kit, config } = await taskTest(t)
  const left = join(kit.dataDir, 'tasks', '4194304-11111111-abc')
  mkdirSync(join(left, 'home'), { recursive: true })
  await kit.reconfigure({ ...config, idleTimeoutSeconds: 100 })
  t.notOk(existsSync(left))
})
