import t from 'tap'
import { createQueries } from '../../../examples/server/queries.ts'

t.test('an agent that does not answer is not waited for for ever', async (t) => {
  const queries = createQueries(() => {}, 20)
  await t.rejects(queries.ask({ what: 'status' }), { code: 'QUERY_TIMEOUT' })
})

t.test('the end of a connection ends its queries', async (t) => {
  const queries = createQueries(() => {})
  const asked = queries.ask({ what: 'status' })
  queries.end()
  await t.rejects(asked, { code: 'AGENT_GONE' })
})
