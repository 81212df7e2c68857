import Ajv from 'ajv'
import t from 'tap'
import { makeTranscript } from '../../../plugins/claude-task/events/transcript.ts'
import { dataFor } from '../../../plugins/claude-task/result-data.ts'
import { resultSchema } from '../../../plugins/claude-task/schemas.ts'
import { resultEvent } from './settings.ts'

const fits = new Ajv.default({ strict: true, allowUnionTypes: true }).compile(resultSchema)
const contextFiles = [
  { name: 'a.log', bytes: 3, sha256: 'aa', text: 'abc' },
  { name: 'b.log', bytes: 9, sha256: 'bb', text: null },
]
const facts = {
  cliVersion: '2.1.330',
  workingDirectory: '/srv',
  profile: 'inspect' as const,
  contextFiles,
  changes: null,
  layers: {
    sandbox: 'none' as const,
    sandbox_reason: 'x',
    network: 'open' as const,
    masks: 'none' as const,
    requests: 1,
    requests_refused: 0,
    set_aside: [],
  },
  end: { durationMs: 12.4 },
}

t.test('a whole run fills the schema', async (t) => {
  const transcript = makeTranscript()
  transcript.add({ kind: 'started', sessionId: 's', model: 'm', tools: ['Read'] })
  transcript.add({ kind: 'denied', id: 't1', tool: 'Read', target: '/x', reason: null })
  transcript.add(resultEvent({ turns: 3, costUsd: 0.25 }))
  const { data, usage } = dataFor(transcript.read(), facts)
  t.ok(fits(data), JSON.stringify(fits.errors))
  t.match(data, {
    session_id: 's',
    model: 'm',
    context_files: [
      { name: 'a.log', bytes: 3, sha256: 'aa', given: 'whole' },
      { name: 'b.log', bytes: 9, sha256: 'bb', given: 'name' },
    ],
    turns: 3,
    cost_usd: 0.25,
    duration_ms: 12,
    usage: { cache_read_input_tokens: 4 },
  })
  t.same(usage, { costUsd: 0.25, inputTokens: 1, outputTokens: 2 })
})

t.test('what changed is told with its digests', async (t) => {
  const file = { path: 'a', change: 'created', kind: 'file', before: null, after: 'ab', size: 1 } as const
  const changes = { files: [file], leftOut: 2, complete: false }
  const { data } = dataFor(makeTranscript().read(), { ...facts, changes })
  t.ok(fits(data), JSON.stringify(fits.errors))
  t.same(data.changes, { files: [file], left_out: 2, complete: false })
})

t.test('a run that was stopped has cost what was known until then', async (t) => {
  const transcript = makeTranscript()
  const tokens = { input: 10, output: 20, cacheCreation: 30, cacheRead: 40 }
  transcript.add({ kind: 'turn' })
  transcript.add({ kind: 'spent', costUsd: 0.5, tokens })
  const { data, usage } = dataFor(transcript.read(), facts)
  t.ok(fits(data), JSON.stringify(fits.errors))
  t.match(data, { turns: 1, cost_usd: 0.5, usage: { cache_creation_input_tokens: 30 } })
  t.same(usage, { costUsd: 0.5, inputTokens: 10, outputTokens: 20 })
})

t.test('a run of which nothing is known fills it too', async (t) => {
  const { data, usage } = dataFor(makeTranscript().read(), facts)
  t.ok(fits(data), JSON.stringify(fits.errors))
  t.same(usage, { costUsd: 0, inputTokens: 0, outputTokens: 0 })
})
