import t from 'tap'
import type { HistoryQuery } from '../../../core/journal/index.ts'
import { answerHistory } from '../../../core/local/history-routes.ts'
import type { HistoryReader } from '../../../core/query/index.ts'

function reader() {
  const asked: unknown[] = []
  const history: HistoryReader = {
    list: async (query) => {
      asked.push(query)
      return { entries: [], next: null }
    },
    show: async (id) => {
      asked.push(id)
      return {} as never
    },
    output: async (...range) => {
      asked.push(range)
      return { data: '', offset: 0, totalBytes: 0, end: true }
    },
  }
  return { asked, history }
}

t.test('filters and ranges arrive as they were meant', async (t) => {
  const { asked, history } = reader()
  const query: HistoryQuery = { type: 'shell', since: 1.5, limit: 3, before: 9, text: 'a&b=c +é', state: 'running' }
  await answerHistory(history, `/history?${new URLSearchParams(Object.entries(query).map(([k, v]) => [k, String(v)]))}`)
  await answerHistory(history, '/history')
  await answerHistory(history, '/history/..%2Fa%20b')
  await answerHistory(history, '/history/a/output')
  await answerHistory(history, '/history/a/output?stream=stderr&offset=7&length=100')
  t.same(asked, [query, {}, '../a b', ['a', 'stdout', 0, 262_144], ['a', 'stderr', 7, 100]])
})

t.test('anything else is refused', async (t) => {
  const { asked, history } = reader()
  for (const url of [
    '/history?weather=fine',
    '/history?limit=x',
    '/history?state=lost',
    '/history/a/output?offset=-1',
  ]) {
    await t.rejects(answerHistory(history, url), { code: 'MESSAGE_INVALID' }, url)
  }
  for (const url of ['/historyx', '/history/', '/history/a/b', '/history/a/output/b']) {
    await t.rejects(answerHistory(history, url), { code: 'ROUTE_UNKNOWN' }, url)
  }
  t.same(asked, [])
})
