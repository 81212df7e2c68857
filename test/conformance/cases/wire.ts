import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { AGENT_TOKEN } from '../../helpers/reference-server.ts'
import type { Case } from '../platform.ts'
import { PATIENCE_MS, withReferenceServer, withSpecServer } from './shared.ts'

/** What crosses the wire. */
export const wire: readonly Case[] = [
  {
    title: 'a server that knows only the spec’s two messages is served, byte for byte',
    async run(t, platform) {
      const { server, agent, resultOf } = await withSpecServer(t, platform)
      const id = '550e8400-e29b-41d4-a716-446655440000'
      const command = `echo hello${platform.next}echo oh>&2${platform.next}exit 3`
      server.sendCommand({ id, command_type: 'shell', command, timeout_seconds: 300, elevated: false })
      const { duration_ms } = await resultOf(id)
      t.ok(Number.isInteger(duration_ms) && duration_ms >= 0)
      const { eol } = platform
      const expected = { command_id: id, exit_code: 3, stdout: `hello${eol}`, stderr: `oh${eol}`, duration_ms }
      const text = server.texts.find((each) => each.startsWith('{"type":"command_result"'))
      t.equal(text, JSON.stringify({ type: 'command_result', payload: expected }))
      const types = new Set(server.inbox.all.map((frame) => frame.type))
      t.same([...types].filter((type) => type !== 'heartbeat').sort(), ['auth', 'command_result'])
      t.same(server.authorizations, [`Bearer ${AGENT_TOKEN}`])
      t.notOk(agent.output().includes(AGENT_TOKEN), 'the token is in no log')
    },
  },
  {
    title: 'the object form of a command type is the same command',
    async run(t, platform) {
      const { server, resultOf } = await withSpecServer(t, platform)
      const forms = [
        { command_type: 'shell', command: 'echo one' },
        { command_type: { shell: { command: 'echo one' } }, command: 'unused for shell' },
        { command_type: { shell: {} }, command: 'echo one' },
      ]
      for (const [index, form] of forms.entries()) {
        server.sendCommand({ id: `form-${index}`, ...form })
        const { exit_code, stdout } = await resultOf(`form-${index}`)
        t.same([exit_code, stdout.trim()], [0, 'one'], JSON.stringify(form))
      }
    },
  },
  {
    title: 'an unknown command type is refused with a sentence',
    async run(t, platform) {
      const { server, resultOf } = await withSpecServer(t, platform)
      server.sendCommand({ id: 'unknown', command_type: 'no_such_type', command: 'x' })
      t.match(await resultOf('unknown'), { exit_code: -1, stdout: '', stderr: /no_such_type/, duration_ms: 0 })
    },
  },
  {
    title: 'frames that are no messages cost neither the link nor the agent',
    async run(t, platform) {
      const { server, resultOf } = await withSpecServer(t, platform)
      const bad = ['', 'no json', '[1]', '{"type":"command"}', '{"type":"command","payload":{"id":""}}']
      for (const frame of bad) server.sendRaw(frame)
      server.sendRaw(Buffer.from([0xff, 0xfe]), { binary: true })
      server.sendCommand({ id: 'shape', command_type: 7 })
      t.match(await resultOf('shape'), { exit_code: -1, stderr: /not valid/ })
      server.sendCommand({ id: 'after', command_type: 'shell', command: 'echo after' })
      t.match(await resultOf('after'), { exit_code: 0 })
      t.equal(server.connections, 1)
    },
  },
  {
    title: 'an over-large frame costs the connection and nothing else',
    async run(t, platform) {
      const { server, resultOf } = await withSpecServer(t, platform)
      server.sendCommand({ id: 'huge', command_type: 'shell', command: 'x'.repeat(1_048_576) })
      await server.inbox.take('auth', undefined, PATIENCE_MS)
      server.sendCommand({ id: 'after', command_type: 'shell', command: 'echo after' })
      t.match(await resultOf('after'), { exit_code: 0 })
    },
  },
  {
    title: 'a broken connection is dialled again',
    async run(t, platform) {
      const { server, resultOf } = await withSpecServer(t, platform)
      for (let round = 0; round < 2; round++) {
        server.drop()
        await server.inbox.take('auth', undefined, PATIENCE_MS)
      }
      server.sendCommand({ id: 'after', command_type: 'shell', command: 'echo after' })
      t.match(await resultOf('after'), { exit_code: 0, stdout: `after${platform.eol}` })
    },
  },
  {
    title: 'progress comes while a command runs, and the server is told what it talks to',
    async run(t, platform) {
      const { agents, client, send, agent } = await withReferenceServer(t, platform)
      const os = { Linux: 'linux', Windows: 'win32' }[platform.name]
      t.match(agents.get('agent-1')?.description, { agent_id: 'agent-1', site: 'main-office', os, arch: 'x64' })
      const { id } = await send(`echo first${platform.next}${platform.line('until', agent.native('go'))}`)
      let seen = ''
      for await (const news of client.follow(id)) {
        if (news.event === 'progress') seen += String(news.progress.data)
        if (news.event === 'command' && news.command.result !== null) break
        if (seen.includes('first')) await writeFile(path.join(agent.folder, 'go'), '')
      }
      t.equal(seen, `first${platform.eol}done\n`)
    },
  },
]
