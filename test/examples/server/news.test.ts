import type { CommandResultPayload } from 'gururmm-agent/protocol'
import t from 'tap'
import { openStore } from '../../../examples/server/store.ts'
import { resultOf } from '../../helpers/raw-agent.ts'

const at = '2026-01-01T00:00:00.000Z'

t.test('the latest progress is kept while its command runs', async (t) => {
  const store = await openStore({})
  const { news } = store
  await store.record({ event: 'created', at, agentId: 'agent-1', payload: { id: 'c1', command_type: 'shell' } })
  for (let seq = 1; seq <= 300; seq++) news.progress({ command_id: 'c1', seq, stream: 'stdout', data: `line ${seq}` })
  t.equal(news.recentProgress('c1').length, 200)
  t.equal(news.recentProgress('c1').at(-1)?.seq, 300)
  await store.record({ event: 'finished', at, id: 'c1', result: resultOf('c1') as CommandResultPayload })
  t.same(news.recentProgress('c1'), [])
})
