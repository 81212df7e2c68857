import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { startAgent } from '../../helpers/processes.ts'
import { startSpecServer } from '../../helpers/spec-server.ts'
import { UNBUILT_CLI } from '../../helpers/unbuilt.ts'
import { waitUntil } from '../../helpers/wait-until.ts'
import { agentFolder, cli } from './cli.ts'

const plugins = { shell: {}, claude_task: { enabled: false }, nowhere: {} }

async function configOf(folder: string) {
  return JSON.parse(await readFile(path.join(folder, 'agent.config.json'), 'utf8'))
}

t.test('plugin list shows each plugin, its state and why', async (t) => {
  const folder = agentFolder(t, { plugins })
  const { code, stdout, stderr } = await cli(folder, ['plugin', 'list'])
  t.equal(code, 0)
  t.equal(stderr, '', 'a problem is told once')
  t.match(stdout, /^PLUGIN +VERSION +FROM +ISOLATION +SITE +HEALTH +PERMISSIONS$/m)
  t.match(stdout, /^shell +\d\S+ +shipped +none +enabled +ok +\w/m)
  t.match(stdout, /^claude_task +\d\S+ +shipped +none +disabled +– +\S/m)
  t.match(stdout, /^nowhere +unknown +none +enabled +failed$/m)
  t.match(stdout, /^shell brings shell, powershell/m)
  t.match(stdout, /^nowhere: No plugin "nowhere"/m)
  const listed = JSON.parse((await cli(folder, ['plugin', 'list', '--json'])).stdout)
  t.match(listed, [
    { name: 'shell', state: 'enabled', reason: null },
    { name: 'claude_task', state: 'disabled' },
    { name: 'nowhere', state: 'failed', code: 'PLUGIN_NOT_FOUND' },
  ])
})

t.test('plugin info shows commands, settings and permissions', async (t) => {
  const folder = agentFolder(t, { plugins: { shell: {} } })
  const { code, stdout } = await cli(folder, ['plugin', 'info', 'shell'])
  t.equal(code, 0)
  t.match(stdout, /^shell \S+ enabled\n/)
  t.match(stdout, /^Permissions: \{/m)
  t.match(stdout, /^script: /m)
  t.match(stdout, 'Config schema')
  t.match(JSON.parse((await cli(folder, ['plugin', 'info', 'shell', '--json'])).stdout), {
    name: 'shell',
    configSchema: { type: 'object' },
  })
  t.match(await cli(folder, ['plugin', 'info', 'claude_task']), { code: 0, stdout: /plugin enable claude_task/ })
  t.match(await cli(folder, ['plugin', 'info', 'shel']), { code: 64, stderr: /did you mean shell\?/ })
})

t.test('plugin info of one that does not load says why and where it was looked for', async (t) => {
  const folder = agentFolder(t, { plugins: { nowhere: { use: './gone' }, unnamed: {} } })
  const gone = await cli(folder, ['plugin', 'info', 'nowhere'])
  t.match(gone, { code: 0, stderr: '' })
  t.match(gone.stdout, /^nowhere {2}failed\n.*there is no folder .*gone\.\n/)
  t.match(gone.stdout, /^From: \.\/gone \(`plugins\.nowhere\.use`\)\nPermissions: unknown before it loads$/m)
  const { stdout } = await cli(folder, ['plugin', 'info', 'unnamed'])
  t.match(stdout, /^From: unknown: no such plugin is shipped, and the config has no `plugins\.unnamed\.use`$/m)
})

t.test('without an agent too, plugin enable says that a plugin does not load, and why', async (t) => {
  const folder = agentFolder(t, { plugins: { gone: { use: './gone', enabled: false } } })
  const { code, stdout, stderr } = await cli(folder, ['plugin', 'enable', 'gone'])
  t.equal(code, 0)
  t.match(stdout, /^gone is enabled \(.*\)\.\n$/)
  t.match(stderr, /^It does not load, though: `plugins\.gone\.use` must name .*\n$/)
  const json = await cli(folder, ['plugin', 'enable', 'gone', '--json'])
  t.same(Object.keys(JSON.parse(json.stdout)), ['name', 'state', 'reason'])
  t.match(JSON.parse(json.stdout), { name: 'gone', state: 'failed', reason: /no folder/ })
})

t.test('without an agent, a switch changes the config file alone', async (t) => {
  const folder = agentFolder(t)
  t.match(await cli(folder, ['plugin', 'disable', 'shell']), { code: 0, stdout: /^shell is disabled \(/, stderr: '' })
  t.same((await configOf(folder)).plugins, { shell: { enabled: false } })
  t.match(await cli(folder, ['run', 'shell', 'true']), { code: 255, stderr: /PLUGIN_DISABLED/ })
  const { stdout } = await cli(folder, ['plugin', 'enable', 'claude_task', '--json'])
  t.match(JSON.parse(stdout), { name: 'claude_task', state: 'enabled' })
  t.same((await configOf(folder)).plugins, { shell: { enabled: false }, claude_task: { enabled: true } })
  t.match(await cli(folder, ['plugin', 'enable', 'clod_task']), { code: 64, stderr: /claude_task/ })
})

t.test('a site’s switch goes before the general one, and that is said', async (t) => {
  const folder = agentFolder(t, { agent: { dataDir: './data', site: 'clinic' } })
  await cli(folder, ['plugin', 'disable', 'shell', '--site', 'clinic'])
  t.same((await configOf(folder)).sites, { clinic: { plugins: { shell: { enabled: false } } } })
  t.match(await cli(folder, ['plugin', 'enable', 'shell']), { code: 0, stderr: /still disabled here.*--site clinic/ })
  t.match(await cli(folder, ['plugin', 'enable', 'shell', '--site', 'elsewhere']), { code: 0, stderr: '' })
  t.match(await cli(folder, ['plugin', 'enable', 'shell', '--site', '../x']), { code: 78 })
})

t.test(
  'a running agent takes a switch up at once, and the server’s commands with it',
  { skip: process.platform === 'win32' },
  async (t) => {
    const server = await startSpecServer(t)
    const agent = await startAgent(t, { serverUrl: server.url })
    await server.inbox.take('auth')
    const ask = async (id: string) => {
      server.sendCommand({ id, command_type: 'shell', command: 'echo hi' })
      return (await server.resultOf(id)).exit_code
    }
    t.equal(await ask('one'), 0)

    t.match(await cli(agent.folder, ['plugin', 'disable', 'shell']), { code: 0, stderr: '' })
    t.equal(await ask('two'), -1)
    t.equal((await configOf(agent.folder)).plugins.shell.enabled, false)

    t.match(await cli(agent.folder, ['plugin', 'disable', 'shell', '--site', 'main-office']), { code: 0 })
    t.match(await cli(agent.folder, ['plugin', 'enable', 'shell']), { code: 0, stderr: /still disabled here/ })
    t.equal(await ask('three'), -1)

    t.match(await cli(agent.folder, ['plugin', 'enable', 'shell', '--site', 'main-office']), { code: 0, stderr: '' })
    t.equal(await ask('four'), 0)
    t.match(await cli(agent.folder, ['plugin', 'enable', 'shel']), { code: 64, stderr: /did you mean shell/ })
  },
)

if (process.platform === 'linux' && process.geteuid?.() === 0) {
  t.test('what the agent’s account may not write, the caller’s may, and the agent takes it up', async (t) => {
    const dataDir = agentFolder(t)
    const folder = agentFolder(t, { agent: { dataDir } })
    const closed = `mount --bind '${folder}' '${folder}' && mount -o remount,ro,bind '${folder}' && exec "$@"`
    const start = [process.execPath, ...UNBUILT_CLI, 'start', '--config', path.join(folder, 'agent.config.json')]
    const agent = spawn('unshare', ['--mount', 'sh', '-c', closed, 'sh', ...start], { stdio: 'ignore' })
    const ended = once(agent, 'exit')
    t.teardown(async () => {
      agent.kill('SIGTERM')
      await ended
    })
    await waitUntil('the agent runs', async () => (await cli(folder, ['status'])).code === 0)
    t.match(await cli(folder, ['plugin', 'disable', 'shell']), { code: 0 })
    t.equal((await configOf(folder)).plugins.shell.enabled, false)
    await waitUntil('it has seen the file', async () =>
      /"disabled"/.test((await cli(folder, ['plugin', 'list', '--json'])).stdout),
    )
  })
}
