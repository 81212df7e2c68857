import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { fixtureFolders } from '../../helpers/plugin-host.ts'
import { startAgent } from '../../helpers/processes.ts'
import { startSpecServer } from '../../helpers/spec-server.ts'
import { agentFolder, cli } from './cli.ts'

function configOf(folder: string) {
  return JSON.parse(readFileSync(path.join(folder, 'agent.config.json'), 'utf8'))
}

/** An agent's folder that every account may pass, with a plugin's source that would show if any of it ran. */
function folderWithPlugin(t: Parameters<typeof agentFolder>[0]): string {
  const folder = agentFolder(t)
  chmodSync(folder, 0o755)
  cpSync(fixtureFolders.good as string, path.join(folder, 'source'), { recursive: true })
  edit(path.join(folder, 'source/index.js'), (text) => `${text}\nif (process.env.HOME) throw new Error('it ran')\n`)
  return folder
}

function edit(file: string, change: (text: string) => string): void {
  writeFileSync(file, change(readFileSync(file, 'utf8')))
}

t.test('an installed plugin is copied, granted, pinned, and off until it is enabled', async (t) => {
  const folder = folderWithPlugin(t)
  t.match(await cli(folder, ['plugin', 'install', 'source']), { code: 64, stderr: /--yes/ })
  t.notOk(configOf(folder).plugins.good, 'nothing without a yes')

  const { code, stdout } = await cli(folder, ['plugin', 'install', 'source', '--yes'])
  t.equal(code, 0)
  t.match(stdout, /^good 1\.2\.3: \d files/)
  t.match(stdout, /Asks for:\n {2}starts node\n/)
  t.match(stdout, /disabled until `gururmm-agent plugin enable good`/)
  const { good } = configOf(folder).plugins
  t.match(good, { enabled: false, permissions: { programs: ['node'] }, integrity: /^sha256-/ })
  t.match(good.use, /^\.\/data\/installed\/good\/1\.2\.3-\w{12}$/)
  t.ok(existsSync(path.join(folder, good.use, 'index.js')))
  t.match(await cli(folder, ['plugin', 'verify', 'good']), { code: 0 })
  t.match(await cli(folder, ['run', 'good', 'x']), { code: 255, stderr: /PLUGIN_DISABLED/ })
  await cli(folder, ['plugin', 'enable', 'good'])
  t.match(await cli(folder, ['run', 'good', 'there']), { code: 0, stdout: /hello there/ })
})

t.test('an upgrade shows what else is asked for, and is off where that is more', async (t) => {
  const folder = folderWithPlugin(t)
  await cli(folder, ['plugin', 'install', 'source', '--yes'])
  await cli(folder, ['plugin', 'enable', 'good'])
  const bump = (version: string) =>
    edit(path.join(folder, 'source/gururmm.plugin.json'), (text) =>
      text.replace(/"version": "[^"]+"/, `"version": "${version}"`),
    )
  bump('1.3.0')
  t.match(await cli(folder, ['plugin', 'install', 'source', '--yes']), {
    code: 0,
    stdout: /already[\s\S]*stays enabled/,
  })
  bump('1.4.0')
  edit(path.join(folder, 'source/gururmm.plugin.json'), (text) => text.replace('"node"', '"node", "df"'))
  const upgraded = await cli(folder, ['plugin', 'install', 'source', '--yes', '--json'])
  t.match(JSON.parse(upgraded.stdout), {
    name: 'good',
    version: '1.4.0',
    upgrade: { added: ['starts df'], removed: [] },
    grants: { programs: ['node', 'df'] },
    enabled: false,
  })
  t.match(configOf(folder).plugins.good, { enabled: false, use: /1\.4\.0/, permissions: { programs: ['node', 'df'] } })
  const versions = readdirSync(path.join(folder, 'data/installed/good')).map((name) => name.slice(0, 5))
  t.strictSame(versions.sort(), ['1.3.0', '1.4.0'], 'the version before is kept, older ones are not')
})

t.test('a package goes from pack to install by its digest, and is removed with its data', async (t) => {
  const folder = folderWithPlugin(t)
  edit(path.join(folder, 'source/index.js'), (text) => text.replace(/\nif \(process.*\n/, ''))
  const packed = JSON.parse((await cli(folder, ['plugin', 'pack', 'source', '--out', 'a.tgz', '--json'])).stdout)
  const other = `sha256-${'0'.repeat(64)}`
  t.match(await cli(folder, ['plugin', 'install', 'a.tgz', '--yes', '--integrity', other]), {
    code: 1,
    stderr: /not the one that was named/,
  })
  t.match(await cli(folder, ['plugin', 'install', 'a.tgz', '--yes', '--integrity', packed.integrity]), { code: 0 })
  t.equal(configOf(folder).plugins.good.integrity, packed.integrity)
  await cli(folder, ['plugin', 'disable', 'good', '--site', 'clinic'])
  await cli(folder, ['plugin', 'enable', 'good'])
  await cli(folder, ['run', 'good', 'x'])
  t.ok(existsSync(path.join(folder, 'data/plugins/good')))
  t.match(await cli(folder, ['plugin', 'remove', 'good']), { code: 0, stdout: /--data/ })
  t.match(configOf(folder), { plugins: { shell: {} }, sites: { clinic: { plugins: {} } } })
  t.notOk(existsSync(path.join(folder, 'data/installed/good')))
  t.ok(existsSync(path.join(folder, 'data/plugins/good')))
  await cli(folder, ['plugin', 'install', 'a.tgz', '--yes'])
  t.match(await cli(folder, ['plugin', 'remove', 'good', '--data']), { code: 0 })
  t.notOk(existsSync(path.join(folder, 'data/plugins/good')))
})

t.test('what is no plugin, or has the name of a shipped one, is not installed', async (t) => {
  const folder = folderWithPlugin(t)
  t.match(await cli(folder, ['plugin', 'install', 'none', '--yes']), { code: 1, stderr: /no folder or \.tgz/ })
  t.match(await cli(folder, ['plugin', 'install', 'token', '--yes']), { code: 1, stderr: /can't be read as a \.tgz/ })
  edit(path.join(folder, 'source/gururmm.plugin.json'), (text) => text.replace('"name": "good"', '"name": "shell"'))
  t.match(await cli(folder, ['plugin', 'install', 'source', '--yes']), { code: 1, stderr: /shipped with the agent/ })
  t.strictSame(configOf(folder).plugins, { shell: {} })
})

t.test(
  'a running agent serves an installed plugin as soon as it is enabled',
  { skip: process.platform === 'win32' },
  async (t) => {
    const server = await startSpecServer(t)
    const { folder } = await startAgent(t, { serverUrl: server.url })
    await server.inbox.take('auth')
    chmodSync(folder, 0o755)
    cpSync(fixtureFolders.good as string, path.join(folder, 'source'), { recursive: true })
    t.match(await cli(folder, ['plugin', 'install', 'source', '--yes']), { code: 0 })
    t.match(await cli(folder, ['plugin', 'enable', 'good']), { code: 0, stderr: '' })
    server.sendCommand({ id: 'one', command_type: 'good', command: 'there' })
    t.match(await server.resultOf('one'), { exit_code: 0, stdout: 'hello there' })
    t.match(await cli(folder, ['plugin', 'remove', 'good']), { code: 0 })
    server.sendCommand({ id: 'two', command_type: 'good', command: 'there' })
    t.match(await server.resultOf('two'), { exit_code: -1 })
  },
)
