import { readdirSync, truncateSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { startAgent } from '../../helpers/processes.ts'
import { startReferenceServer } from '../../helpers/reference-server.ts'
import { waitUntil } from '../../helpers/wait-until.ts'
import { agentFolder, cli } from './cli.ts'

const POSIX = { skip: process.platform === 'win32' && 'the commands are for a POSIX shell' }

t.test('a folder in which nothing ever ran says so', async (t) => {
  const folder = agentFolder(t)
  t.match(await cli(folder, ['history']), { code: 0, stdout: '', stderr: 'No command fits.\n' })
  t.same(JSON.parse((await cli(folder, ['history', '--json'])).stdout), { entries: [], next: null })
  t.match(await cli(folder, ['history', 'show', 'x']), { code: 1, stdout: '', stderr: /no command "x"/ })
  t.match(await cli(folder, ['history', '--since', 'soon']), { code: 64, stderr: /soon/ })
  t.match(await cli(folder, ['history', '--state', 'lost']), { code: 64 })
})

t.test('local runs are in the history without an agent, with filters', POSIX, async (t) => {
  const folder = agentFolder(t)
  await cli(folder, ['run', 'shell', 'echo apple'])
  await cli(folder, ['run', 'shell', 'echo pear >&2; exit 3'])
  const { stdout } = await cli(folder, ['history', '--utc'])
  const [head, first, second] = stdout.split('\n')
  t.match(head, /^RECEIVED +COMMAND +TYPE +STATE +RESULT +TOOK +USER/)
  t.match(first, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ +\S{36} +shell +acknowledged +3 +\d/)
  t.match(second, / shell +acknowledged +0 /)
  const page = async (...filters: string[]) => JSON.parse((await cli(folder, ['history', '--json', ...filters])).stdout)
  t.match(await page('--text', 'PEAR'), { entries: [{ exitCode: 3, origin: 'local' }], next: null })
  t.same((await page('--type', 'claude_task')).entries, [])
  t.same((await page('--until', '1h')).entries, [])
  const { entries, next } = await page('--limit', '1', '--since', '1h')
  t.equal(entries.length, 1)
  t.match(await page('--before', `${next}`), { entries: [{ exitCode: 0 }] })

  const lines = async (...filters: string[]) =>
    (await cli(folder, ['history', 'export', ...filters])).stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  t.match(await lines(), [
    { exitCode: 3, output: { stderr: { text: 'pear\n' } } },
    { exitCode: 0, input: {}, output: { stdout: { text: 'apple\n' } } },
  ])
  t.match(await lines('--text', 'apple', '--since', '1h'), [{ commandText: 'echo apple' }])
  t.same(await lines('--user', 'nobody'), [])

  const shown = await cli(folder, ['history', 'show', entries[0].id])
  t.match(shown.stdout, /exit code +3\n/)
  t.match(shown.stdout, /input\n {2}command +echo pear >&2; exit 3\n/)
  t.match(shown.stdout, /stderr\npear\n$/)
  const full = JSON.parse((await cli(folder, ['history', 'show', entries[0].id, '--json'])).stdout)
  t.match(full, {
    commandText: 'echo pear >&2; exit 3',
    result: { exit_code: 3 },
    output: { stderr: { text: 'pear\n', totalBytes: 5, whole: true }, stdout: { text: '', whole: true } },
  })
})

t.test('a running agent shows its commands, with the output that results have no room for', POSIX, async (t) => {
  const server = await startReferenceServer(t)
  const agent = await startAgent(t, { serverUrl: server.url, config: { limits: { maxOutputBytes: 1024 } } })
  await waitUntil('the agent', () => server.agents.get('agent-1')?.session != null)
  const { id } = await server.client.send('agent-1', { command_type: 'shell', command: 'seq 1 50000' })
  await server.client.ended(id)
  const whole = Array.from({ length: 50_000 }, (_, index) => `${index + 1}\n`).join('')
  const show = (...args: string[]) => cli(agent.folder, ['history', 'show', id, ...args])
  t.match(await cli(agent.folder, ['history', '--user', 'olga']), { code: 0, stdout: new RegExp(`${id} +shell`) })
  const { stdout } = await show()
  t.ok(stdout.endsWith(`stdout\n${whole}`))
  t.match(stdout, /from +server: olga \(technician\)/)
  t.ok(JSON.parse((await show('--json')).stdout).output.stdout.text === whole)

  agent.kill('SIGTERM')
  await agent.ended
  t.ok((await show()).stdout.endsWith(`stdout\n${whole}`), 'also when no agent runs')
  const spool = path.join(agent.folder, 'data/spool')
  for (const file of readdirSync(spool)) truncateSync(path.join(spool, file), 5000)
  const partly = JSON.parse((await show('--json')).stdout).output.stdout
  t.equal(partly.whole, false)
  t.equal(partly.totalBytes, whole.length)
  t.ok(partly.text.startsWith(whole.slice(0, 5000)))
  t.ok(partly.text.endsWith('50000\n'), 'the result’s end follows')
})
