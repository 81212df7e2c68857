import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { startAgent } from '../../helpers/processes.ts'
import { startSpecServer } from '../../helpers/spec-server.ts'
import { agentFolder, cli } from './cli.ts'

const DAY = 86_400

t.test('it names the rule of each step, for people and for machines, and runs nothing', async (t) => {
  const folder = agentFolder(t, {
    plugins: {
      shell: {
        config: { allow: ['touch .*'] },
        limits: {
          shell: {
            rate: { count: 5, windowSeconds: DAY },
            perRole: { trainee: { rate: { count: 0, windowSeconds: DAY } } },
          },
        },
      },
    },
    sites: { clinic: { plugins: { shell: { enabled: false } } } },
  })
  const marker = path.join(folder, 'ran')
  const line = `touch ${marker}`
  const human = await cli(folder, ['policy', 'explain', '--user', 'olga', 'shell', line])
  t.equal(human.code, 0, human.stderr)
  t.match(human.stdout, /^shell at site default, asked by olga: allowed\n/)
  t.match(human.stdout, /✓ plugin: .*\n {4}default: plugins\.shell\.enabled\n/)
  t.match(
    human.stdout,
    /✓ limit: Of 5 shell commands in 86400 s, 5 may still start\.\n {4}agent\.config\.json: plugins\.shell\.limits\.shell\.rate/,
  )
  t.match(human.stdout, /✓ policy: .*"touch \.\*".*\n {4}agent\.config\.json: plugins\.shell\.config\.allow/)
  const refused = await cli(folder, ['policy', 'explain', '--json', 'shell', 'id'])
  t.equal(refused.code, 1)
  t.match(JSON.parse(refused.stdout), {
    allowed: false,
    plugin: 'shell',
    requester: { user: null, role: null },
    steps: [{ step: 'plugin', allowed: true }, { step: 'input' }, {}, {}, {}, { code: 'SHELL_NOT_ALLOWED' }],
  })
  const trainee = await cli(folder, ['policy', 'explain', '--role', 'trainee', '--json', 'shell', line])
  t.equal(trainee.code, 1)
  const limit = JSON.parse(trainee.stdout).steps.find(({ code }: { code?: string }) => code === 'LIMIT_RATE')
  t.match(limit, { rule: /perRole\.trainee\.rate$/, retryAfterSeconds: DAY })
  const elsewhere = await cli(folder, ['policy', 'explain', '--site', 'clinic', 'shell', line])
  t.match(elsewhere, {
    code: 1,
    stdout: /✗ plugin: .*PLUGIN_DISABLED.*\n {4}agent\.config\.json: sites\.clinic\.plugins\.shell\.enabled/,
  })
  t.match(await cli(folder, ['policy', 'explain', '--elevated', 'shell', line]), {
    code: 1,
    stdout: /config\.elevated/,
  })
  t.match(await cli(folder, ['policy', 'explain', 'shel', 'id']), { code: 1, stdout: /did you mean "shell"/ })
  t.match(await cli(folder, ['policy', 'explain', 'script', '--body', 'id']), { code: 1, stdout: /SHELL_NOT_ALLOWED/ })
  t.match(await cli(folder, ['policy', 'explain', 'script', '--bdy', 'id']), { code: 64 })
  t.notOk(existsSync(marker))
  t.equal(JSON.parse((await cli(folder, ['history', '--json'])).stdout).entries.length, 0, 'and nothing is recorded')
})

t.test('of a running agent it tells what is left, and a trial at another site leaves it alone', async (t) => {
  const server = await startSpecServer(t)
  const limits = { shell: { rate: { count: 2, windowSeconds: DAY } } }
  const agent = await startAgent(t, { serverUrl: server.url, config: { plugins: { shell: { limits } } } })
  await server.inbox.take('auth')
  server.sendCommand({ id: 'one', command_type: 'shell', command: 'echo hi' })
  await server.resultOf('one')
  const explain = (...args: string[]) => cli(agent.folder, ['policy', 'explain', ...args, 'shell', 'echo hi'])
  t.match(await explain(), { code: 0, stdout: /Of 2 shell commands in 86400 s, 1 may still start/ })
  const before = readdirSync(path.join(agent.folder, 'data')).sort()
  t.match(await explain('--site', 'clinic'), { code: 0, stdout: /2 may still start/, stderr: /as if nothing had run/ })
  t.same(readdirSync(path.join(agent.folder, 'data')).sort(), before)
  server.sendCommand({ id: 'two', command_type: 'shell', command: 'echo hi' })
  await server.resultOf('two')
  t.match(await explain(), { code: 1, stdout: /LIMIT_RATE, again in \d+ s/ })
})
