import { chmod, rm } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { startAgent } from '../../helpers/processes.ts'
import { startSpecServer } from '../../helpers/spec-server.ts'
import { agentFolder, cli } from './cli.ts'

interface Report {
  readonly ok: boolean
  readonly groups: readonly { name: string; checks: readonly { name: string; ok: boolean; message: string }[] }[]
}

/** The checks by `group name`, from `--json`. */
async function doctor(folder: string) {
  const { code, stdout } = await cli(folder, ['doctor', '--json'])
  const { ok, groups }: Report = JSON.parse(stdout)
  const checks = groups.flatMap(({ name, checks }) => checks.map((check) => [`${name} ${check.name}`, check] as const))
  return { code, ok, checks: Object.fromEntries(checks) }
}

t.test('a sound agent passes every check, whether it runs or not', async (t) => {
  const server = await startSpecServer(t)
  const folder = agentFolder(t, { server: { url: server.url, tokenFile: './token' } })
  const still = await doctor(folder)
  t.match(still, { code: 0, ok: true })
  for (const name of [
    'runtime version',
    'config valid',
    'token readable',
    'data folder writable',
    'server reachable',
    'agent running',
    'runner containment',
    'runner starts',
  ]) {
    t.match(still.checks[name], { ok: true, message: /./ }, name)
  }
  t.ok(
    Object.keys(still.checks).some((name) => name.startsWith('shell ')),
    'the plugin’s own checks are there',
  )
  t.equal(server.inbox.all.length, 0, 'the server heard nothing')

  const agent = await startAgent(t, { serverUrl: server.url })
  await server.inbox.take('auth')
  server.sendCommand({ id: 'one', command_type: 'shell', command: 'echo hi' })
  await server.resultOf('one')
  const running = await doctor(agent.folder)
  t.match(running, { code: 0, ok: true })
  t.match(running.checks['agent running']?.message, new RegExp(`process ${agent.pid}, connected`))
  t.match(running.checks['runner containment'], { ok: true })
  if (process.platform === 'linux') t.match(running.checks['runner starts']?.message, /posix_spawn/)

  const { code, stdout } = await cli(folder, ['doctor'])
  t.equal(code, 0)
  t.match(stdout, /^✓ runtime version: /m)
  t.match(stdout, /^✓ server reachable: ws:/m)
})

t.test('each failed check says what to mend, and the others go on', async (t) => {
  const folder = agentFolder(t, {
    server: { url: 'ws://127.0.0.1:9/agent', tokenFile: './token' },
    plugins: { shell: {}, nowhere: {} },
  })
  const one = await doctor(folder)
  t.match(one, { code: 1, ok: false })
  t.match(one.checks['server reachable'], { ok: false, message: /ECONNREFUSED/ })
  t.match(one.checks['nowhere load'], { ok: false, message: /nowhere/ })
  t.match(one.checks['token readable'], { ok: true })

  await rm(path.join(folder, 'token'))
  const other = await doctor(folder)
  t.match(other.checks['token readable'], { ok: false, message: /token/ })
  t.match(other.checks['server reachable'], { ok: false, message: /token/ })
  t.match(other.checks['runner containment'], { ok: true })
})

t.test('a broken config ends with 78 after the checks that need none', async (t) => {
  const { code, ok, checks } = await doctor(agentFolder(t, { logg: {} }))
  t.equal(code, 78)
  t.equal(ok, false)
  t.match(checks['runtime version'], { ok: true })
  t.match(checks['config valid'], { ok: false, message: /logg/ })
})

t.test('a data folder that is open to everyone is told', { skip: process.platform === 'win32' }, async (t) => {
  const folder = agentFolder(t)
  await cli(folder, ['plugin', 'list'])
  await chmod(path.join(folder, 'data'), 0o777)
  const { code, checks } = await doctor(folder)
  t.equal(code, 1)
  t.match(checks['data folder writable'], { ok: false, message: /chmod 700/ })
})
