import t from 'tap'
import type { CommandRecord } from '../../../examples/server/command.ts'
import { newsStream } from '../../../examples/server/news-stream.ts'
import { openStore, type Store } from '../../../examples/server/store.ts'

const at = '2026-01-01T00:00:00.000Z'

async function storeWithCommand(): Promise<{ store: Store; command: CommandRecord }> {
  const store = await openStore({})
  await store.record({ event: 'created', at, agentId: 'agent-1', payload: { id: 'c1', command_type: 'shell' } })
  return { store, command: store.command('c1') as CommandRecord }
}

t.test('a reader that does not read loses progress, never the end, and costs bounded memory', async (t) => {
  const { store, command } = await storeWithCommand()
  const stream = newsStream(store.news, command)
  const data = 'x'.repeat(65_536)
  for (let seq = 1; seq <= 500; seq++) store.news.progress({ command_id: 'c1', seq, stream: 'stdout', data })
  const result = { command_id: 'c1', exit_code: 0, stdout: '', stderr: '', duration_ms: 1 }
  await store.record({ event: 'finished', at, id: 'c1', result })
  const lines = (await new Response(stream).text()).trim().split('\n')
  t.ok(lines.length > 10 && lines.length < 25, `${lines.length} lines`)
  t.match(JSON.parse(lines[0] ?? ''), { event: 'command', command: { status: 'waiting' } })
  t.match(JSON.parse(lines.at(-1) ?? ''), { event: 'command', command: { status: 'finished', result } })
  t.equal(store.news.followers('c1'), 0)
})

t.test('who comes late is told the latest progress first', async (t) => {
  const { store, command } = await storeWithCommand()
  store.news.progress({ command_id: 'c1', seq: 1, stream: 'event', data: { step: 1 } })
  const reader = newsStream(store.news, command).getReader()
  const next = async () => JSON.parse(Buffer.from((await reader.read()).value ?? []).toString())
  t.match(await next(), { event: 'command' })
  t.match(await next(), { event: 'progress', progress: { seq: 1, data: { step: 1 } } })
  await reader.cancel()
  t.equal(store.news.followers('c1'), 0)
})
