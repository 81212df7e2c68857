import path from 'node:path'
import t, { type Test } from 'tap'
import { createDecoder, MESSAGES } from '../../../core/protocol/index.ts'
import type { QueryPayload, QueryResultPayload } from '../../../core/protocol/messages.ts'
import { createHistoryReader, createQueries, type QueryOptions } from '../../../core/query/index.ts'
import { compileSchema } from '../../../core/schema/index.ts'
import { createSpool } from '../../../core/spool/index.ts'
import { bufferLogger } from '../../helpers/logger.ts'
import { record, result, run, testJournal } from '../journal/fixtures/journal.ts'

const LIMITS = { spoolBytes: 1024 * 1024, spoolCommandBytes: 1024 * 1024, resultDays: 30 }

async function asked(t: Test, change: Partial<QueryOptions> = {}) {
  const directory = t.testdir({})
  const journal = await testJournal(t, path.join(directory, 'journal'))
  const logger = bufferLogger()
  const spool = createSpool({ directory: path.join(directory, 'spool'), limits: LIMITS, logger })
  t.teardown(() => spool.close())
  const history = createHistoryReader({ journal, spool })
  const queries = createQueries({ history, status: () => ({ running: 0 }), plugins: () => [], logger, ...change })
  const check = compileSchema(MESSAGES.query_result.schema)
  const ask = async (query: object) => {
    const answers: QueryResultPayload[] = []
    await queries.receive({ id: 'q', ...query } as QueryPayload, async (answer) => void answers.push(answer))
    t.equal(answers.length, 1)
    t.match(check(answers[0]), { value: {} }, 'of the message’s shape')
    // biome-ignore lint/suspicious/noExplicitAny: tests look into what each query brings
    return answers[0] as any
  }
  return { journal, queries, ask, logger }
}

t.test('status and plugins', async (t) => {
  const { ask } = await asked(t)
  t.same(await ask({ what: 'status' }), { id: 'q', data: { running: 0 } })
  t.same(await ask({ what: 'plugins' }), { id: 'q', data: { plugins: [] } })
})

t.test('history is filtered and comes in pages, in the wire’s names', async (t) => {
  const { ask, journal } = await asked(t)
  for (const id of ['a', 'b', 'c']) await run(journal, id)
  await journal.accept(record('d', { type: 'claude_task', requester: { user: 'olga', role: null } }))
  const first = await ask({ what: 'history', limit: 2 })
  t.same(
    first.data.entries.map((entry: { command_id: string }) => entry.command_id),
    ['d', 'c'],
  )
  const second = await ask({ what: 'history', limit: 2, before: first.data.next })
  t.same(
    second.data.entries.map((entry: { command_id: string }) => entry.command_id),
    ['b', 'a'],
  )
  const { data } = await ask({ what: 'history', user: 'olga', since: '2020-01-01T00:00:00Z', text: 'true' })
  t.match(data.entries, [{ command_id: 'd', type: 'claude_task', state: 'accepted', exit_code: null, user: 'olga' }])
  t.match(data.entries[0].received_at, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  t.same((await ask({ what: 'history', until: '2020-01-01T00:00:00Z' })).data, { entries: [], next: null })
})

t.test('one command in full comes without its output, which is asked for in pieces', async (t) => {
  const { ask, journal } = await asked(t)
  await run(journal, 'a', { stdout: 'out', data: { turns: 3 } })
  const { data } = await ask({ what: 'history', command_id: 'a' })
  t.match(data, { command_id: 'a', input: { command: 'true' }, result: { exit_code: 0, data: { turns: 3 } } })
  t.notOk('stdout' in data.result)
  const piece = await ask({ what: 'output', command_id: 'a' })
  t.same(piece, { id: 'q', data: 'out', offset: 0, total_bytes: 3, end: true })
  t.same(await ask({ what: 'output', command_id: 'a', stream: 'stderr' }), {
    ...{ id: 'q', data: '', offset: 0, total_bytes: 0, end: true },
  })
})

t.test('what cannot be answered is answered with why', async (t) => {
  const { ask } = await asked(t)
  t.match(await ask({ what: 'output' }), { error: { code: 'QUERY_INVALID', message: /command_id/ } })
  t.match(await ask({ what: 'output', command_id: 'x' }), { error: { code: 'COMMAND_NOT_FOUND' } })
  t.match(await ask({ what: 'history', command_id: 'x' }), { error: { code: 'COMMAND_NOT_FOUND' } })
  t.match(await ask({ what: 'history', since: 'soon' }), { error: { code: 'QUERY_INVALID', message: /since/ } })
  const status = () => {
    throw new Error('secret')
  }
  const broken = await asked(t, { status })
  const answer = await broken.ask({ what: 'status' })
  t.match(answer, { error: { code: 'QUERY_FAILED' } })
  t.notMatch(JSON.stringify(answer), /secret/)
  t.equal(broken.logger.lines.at(-1)?.level, 'error')
})

t.test('a query that is not understood is known by its id', async (t) => {
  const decode = createDecoder(compileSchema)
  for (const payload of [
    { id: 'q', what: 'weather' },
    { id: 'q' },
    { id: 'q', what: 'output', offset: -1 },
    { id: 'q', what: 'output', length: 262_145 },
    { id: 'q', what: 'history', state: 'lost' },
  ]) {
    const decoded = decode(Buffer.from(JSON.stringify({ type: 'query', payload })), false)
    t.match(decoded, { bad: { code: 'MESSAGE_INVALID', queryId: 'q', commandId: undefined } })
  }
})

t.test('queries wait for each other and for the socket, and not too many of them', async (t) => {
  const { queries, journal } = await asked(t)
  await journal.accept(record('a'))
  await journal.finish('a', result('a'))
  const socket = Promise.withResolvers<void>()
  const answers: QueryResultPayload[] = []
  const send = async (answer: QueryResultPayload) => {
    answers.push(answer)
    if (answer.error === undefined) await socket.promise
  }
  const all = Array.from({ length: 40 }, (_, number) => queries.receive({ id: `${number}`, what: 'status' }, send))
  await new Promise((resolve) => setTimeout(resolve, 20))
  t.same(
    answers.map(({ error }) => error?.code),
    [...Array(8).fill('QUERY_BUSY'), undefined],
    'one is being sent',
  )
  socket.resolve()
  await Promise.all(all)
  t.equal(answers.length, 40)
})
