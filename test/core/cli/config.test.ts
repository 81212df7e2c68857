import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { configSchema } from '../../../core/config/index.ts'
import { agentFolder, cli } from './cli.ts'

const ROOT = path.join(import.meta.dirname, '../../..')

t.test('config check says that the config holds, for people and for machines', async (t) => {
  const folder = agentFolder(t)
  t.match(await cli(folder, ['config', 'check']), { code: 0, stdout: /^ok .*agent\.config\.json/, stderr: '' })
  const { code, stdout } = await cli(folder, ['config', 'check', '--json'])
  t.equal(code, 0)
  t.match(JSON.parse(stdout), { ok: true, site: 'default', digest: /^sha256-/, problems: [], notes: [] })
})

t.test('config check notes that there is no token, which is no fault of the config', async (t) => {
  const folder = agentFolder(t)
  await rm(path.join(folder, 'token'))
  const human = await cli(folder, ['config', 'check'])
  t.match(human, { code: 0, stdout: /^ok /, stderr: /^note: .*would not start here: the file .*token is not there/ })
  const machine = await cli(folder, ['config', 'check', '--json'])
  t.match(JSON.parse(machine.stdout), { ok: true, notes: [/GURURMM_TOKEN/] })
  const given = await cli(folder, ['config', 'check'], { env: { GURURMM_TOKEN: 'x'.repeat(32) } })
  t.match(given, { code: 0, stderr: '' })
})

t.test('config check lists every problem of the file, the environment and the flags', async (t) => {
  const folder = agentFolder(t, { log: { level: 'loud', files: 0 } })
  const options = { env: { GURURMM_LOG__FIL: 'x' } }
  const human = await cli(folder, ['config', 'check', '--set', 'agent.sites=x'], options)
  t.equal(human.code, 78)
  t.match(human.stderr, /log\.level.*\n.*log\.files.*\n.*GURURMM_LOG__FIL.*\n.*agent\.sites.*agent\.site\?\n4 problems/)
  const machine = await cli(folder, ['config', 'check', '--json'], options)
  t.equal(machine.code, 78)
  const { ok, problems } = JSON.parse(machine.stdout)
  t.equal(ok, false)
  t.match(problems[0], { path: 'log.level', line: Number, column: Number, expected: /"debug"/, found: '"loud"' })
})

t.test('config check holds each enabled plugin’s settings against the plugin’s own schema', async (t) => {
  const plugins = {
    shell: { config: { alow: [] } },
    shel: {},
    claude_task: { enabled: false, config: { nonsense: 1 } },
  }
  const { code, stderr } = await cli(agentFolder(t, { plugins }), ['config', 'check'])
  t.equal(code, 78)
  t.match(stderr, /plugins\.shell\.config\.alow/)
  t.match(stderr, /"shel"/)
  t.match(stderr, /2 problems/)
})

t.test('config print shows what is in force, all layers merged, in the schema’s order', async (t) => {
  const config = {
    plugins: { shell: {} },
    sites: { clinic: { plugins: { shell: { enabled: false } } } },
    agent: { site: 'clinic' },
  }
  const { code, stdout } = await cli(agentFolder(t, config), ['config', 'print', '--json'], {
    env: { GURURMM_LOG__LEVEL: 'warn' },
  })
  t.equal(code, 0)
  const printed = JSON.parse(stdout)
  t.same(['$schema', ...Object.keys(printed)], Object.keys(configSchema.properties))
  t.match(printed, {
    plugins: { shell: { enabled: false } },
    log: { level: 'warn' },
    limits: { maxConcurrentCommands: 16 },
  })
})

t.test('config print never shows the token', async (t) => {
  const { stdout } = await cli(agentFolder(t), ['config', 'print'], { env: { GURURMM_TOKEN: 'very-secret-1' } })
  t.notMatch(stdout, /very-secret-1|test-token-1/)
})

t.test('config schema prints the schema, without needing a config', async (t) => {
  const { code, stdout } = await cli(t.testdir(), ['config', 'schema'])
  t.equal(code, 0)
  t.equal(stdout, await readFile(path.join(ROOT, 'agent.config.schema.json'), 'utf8'))
})

t.test('the sample config at the root passes the check', async (t) => {
  const { code, stderr } = await cli(ROOT, ['config', 'check'])
  t.equal(code, 0, stderr)
})
