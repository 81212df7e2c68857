import { chmod, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { AGENT_TOKEN } from '../../helpers/reference-server.ts'
import { startSpecServer } from '../../helpers/spec-server.ts'
import type { Case } from '../platform.ts'
import { withReferenceServer } from './shared.ts'

/** What the operator does on the machine itself: the socket, on Windows the named pipe. */
export const operator: readonly Case[] = [
  {
    title: 'status and doctor tell of the running agent',
    async run(t, platform) {
      const { agent } = await withReferenceServer(t, platform)
      const status = await agent.cli('status', '--json')
      t.equal(status.code, 0, status.stderr)
      t.match(JSON.parse(status.stdout), { agentId: 'agent-1', site: 'main-office' })
      const doctor = await agent.cli('doctor')
      t.match(doctor.stdout, /agent running: .*process/)
      t.match(doctor.stdout, /✓ server reachable/)
    },
  },
  {
    title: 'a plugin is switched off and on while the agent runs, and stays so',
    async run(t, platform) {
      const { agent, run } = await withReferenceServer(t, platform)
      t.match(await agent.cli('plugin', 'disable', 'shell'), { code: 0 })
      t.match(await run('echo no'), { exit_code: -1, stdout: '', error: { code: 'PLUGIN_DISABLED' } })
      t.match(JSON.parse(await readFile(path.join(agent.folder, 'agent.config.json'), 'utf8')), {
        plugins: { shell: { enabled: false } },
      })
      t.match(await agent.cli('plugin', 'enable', 'shell'), { code: 0 })
      t.match(await run('echo yes'), { exit_code: 0, stdout: `yes${platform.eol}` })
    },
  },
  {
    title: 'a local run goes through the running agent, ends as its command does, and is in the history',
    async run(t, platform) {
      const { agent } = await withReferenceServer(t, platform)
      t.match(await agent.cli('run', 'shell', 'echo here&exit 7'.replace('&', platform.next)), {
        code: 7,
        stdout: `here${platform.eol}`,
      })
      const { stdout } = await agent.cli('history', '--json')
      t.match(stdout, /"origin": ?"local"/)
    },
  },
  {
    title: 'a second agent on the same data folder is refused',
    async run(t, platform) {
      const { agent } = await withReferenceServer(t, platform)
      const second = await agent.cli('start')
      t.equal(second.code, 75)
      t.match(second.stderr + second.stdout, /AGENT_LOCKED|Another agent/)
    },
  },
  {
    title: 'with no agent running, a local run takes the data folder itself',
    async run(t, platform) {
      const server = await startSpecServer(t)
      const agent = await platform.startAgent(t, { serverUrl: server.url })
      await server.inbox.take('auth')
      await agent.kill()
      t.match(await agent.cli('run', 'shell', 'echo alone'), { code: 0, stdout: `alone${platform.eol}` })
    },
  },
  {
    title: 'a config with a mistake is refused before anything starts',
    async run(t, platform) {
      const server = await startSpecServer(t)
      const agent = await platform.startAgent(t, { serverUrl: server.url })
      await server.inbox.take('auth')
      await agent.kill()
      const file = path.join(agent.folder, 'agent.config.json')
      const config = JSON.parse(await readFile(file, 'utf8')) as object
      await writeFile(file, JSON.stringify({ ...config, plugnis: {} }))
      const { code, stdout, stderr } = await agent.cli('start')
      t.equal(code, 78)
      t.match(stdout + stderr, /plugnis.*plugins/s)
    },
  },
  {
    title: 'a token that others may read is refused, and nothing of it is said',
    async run(t, platform) {
      const server = await startSpecServer(t)
      const agent = await platform.startAgent(t, { serverUrl: server.url })
      await server.inbox.take('auth')
      await agent.kill()
      // Wine makes an access list of it that lets Everyone read.
      await chmod(path.join(agent.folder, 'token'), 0o644)
      const { code, stdout, stderr } = await agent.cli('doctor')
      t.equal(code, 1)
      t.match(
        stdout + stderr,
        { Linux: /✗ token readable: .*chmod 600/, Windows: /✗ token readable: .*Everyone.*icacls/ }[platform.name],
      )
      t.notOk((stdout + stderr).includes(AGENT_TOKEN))
    },
  },
  {
    title: 'elevation that the operator does not allow is refused',
    async run(t, platform) {
      const { run } = await withReferenceServer(t, platform)
      t.match(await run('echo no', { elevated: true }), { exit_code: -1, error: { code: 'ELEVATION_UNAVAILABLE' } })
    },
  },
]
