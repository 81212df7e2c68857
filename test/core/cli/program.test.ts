import { readFile } from 'node:fs/promises'
import t from 'tap'
import { agentFolder, cli } from './cli.ts'

const VERBS = ['start', 'run', 'plugin', 'config', 'status', 'doctor']

t.test('the help names every verb, and each verb has a help of its own', async (t) => {
  const folder = agentFolder(t)
  const { code, stdout } = await cli(folder, ['--help'])
  t.equal(code, 0)
  for (const verb of VERBS) t.match(stdout, new RegExp(`^ +${verb}\\b`, 'm'), verb)
  const inner = await Promise.all(['plugin', 'config', 'start'].map((verb) => cli(folder, [verb, '--help'])))
  t.same(
    inner.map((end) => end.code),
    [0, 0, 0],
  )
  for (const verb of ['list', 'info', 'enable', 'disable']) t.match(inner[0]?.stdout, new RegExp(`^ +${verb}\\b`, 'm'))
  for (const verb of ['check', 'print', 'schema']) t.match(inner[1]?.stdout, new RegExp(`^ +${verb}\\b`, 'm'))
  t.match(inner[2]?.stdout, /--config[\s\S]*--grace/)
})

t.test('the version is that of the package', async (t) => {
  const { version } = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8'))
  t.match(await cli(agentFolder(t), ['--version']), { code: 0, stdout: `${version}\n` })
})

t.test('a misspelt verb or flag is a usage error that names the right one', async (t) => {
  const folder = agentFolder(t)
  t.match(await cli(folder, ['strat']), { code: 64, stdout: '', stderr: /start/ })
  t.match(await cli(folder, ['plugin', 'lst']), { code: 64, stderr: /list/ })
  t.match(await cli(folder, ['status', '--jsn']), { code: 64, stderr: /--json/ })
  t.match(await cli(folder, ['status', 'more']), { code: 64 })
  t.match(await cli(folder, ['plugin', 'info']), { code: 64, stderr: /name/ })
  t.match(await cli(folder, ['run']), { code: 64, stderr: /type/ })
  t.match(await cli(folder, []), { code: 64, stderr: /Usage/ })
  t.match(await cli(folder, ['config', 'print', '--set', 'log.level']), { code: 64, stderr: /KEY=VALUE/ })
  t.match(await cli(folder, ['run', '--timeout', 'soon', 'shell', 'x']), { code: 64, stderr: /seconds/ })
})

t.test('--config and --set count before and after the verb', async (t) => {
  const folder = agentFolder(t)
  const set = ['--set', 'log.level=debug', '--set', 'limits.maxQueuedCommands=3']
  const config = ['--config', `${folder}/agent.config.json`]
  for (const args of [
    [...config, ...set, 'config', 'print'],
    ['config', 'print', ...config, ...set],
  ]) {
    const { code, stdout } = await cli('/', args)
    t.equal(code, 0)
    t.match(JSON.parse(stdout), { log: { level: 'debug' }, limits: { maxQueuedCommands: 3 } })
  }
})

t.test('every verb that needs the config ends with 78 where it is broken, and says where', async (t) => {
  const folder = agentFolder(t, { logg: {} })
  for (const args of [['start'], ['run', 'shell', 'true'], ['status'], ['doctor']]) {
    const { code, stdout, stderr } = await cli(folder, args)
    t.equal(code, 78, args.join(' '))
    t.match(stdout + stderr, /agent\.config\.json:\d+:\d+: logg is not a known key; did you mean "log"\?/)
  }
})

t.test('a config that is nowhere ends with 78 and names the places', async (t) => {
  const folder = agentFolder(t)
  t.match(await cli(folder, ['status', '--config', 'missing.json']), { code: 78, stderr: /missing\.json/ })
  t.match(await cli(t.testdir(), ['status']), { code: 78, stderr: /--config/ })
})

t.test('a reader that closes early is no error', async (t) => {
  const folder = agentFolder(t)
  const { spawnCli } = await import('./cli.ts')
  const child = spawnCli(folder, ['config', 'schema'])
  child.stdout.destroy()
  child.stderr.setEncoding('utf8')
  let stderr = ''
  child.stderr.on('data', (text: string) => {
    stderr += text
  })
  await new Promise((resolve) => child.on('close', resolve))
  t.equal(stderr, '')
})
