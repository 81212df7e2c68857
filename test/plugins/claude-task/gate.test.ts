import t from 'tap'
import type { ToolVerdict } from '../../../plugins/claude-task/events/decisions.ts'
import type { ClaudeEvent, ToolUse } from '../../../plugins/claude-task/events/event.ts'
import { type GateParts, makeGate } from '../../../plugins/claude-task/gate.ts'
import type { Ruling } from '../../../plugins/claude-task/policy/ruling.ts'

type Decided = ToolUse & ToolVerdict

function gateWith(
  ruling: Partial<Ruling>,
  approve: GateParts['approve'] = async () => ({ approved: false, by: null, reason: 'nobody' }),
) {
  const replies: { response: { request_id: string; response: object } }[] = []
  const decided: Decided[] = []
  const order: string[] = []
  const gate = makeGate({
    judge: { rule: async ({ input }) => ({ decision: 'allow', rule: 'r', why: 'because.', input, ...ruling }) },
    approve,
    beforeUse: async ({ tool, input }) => void order.push(`before ${tool} ${input.file_path}`),
    reply: (message) => {
      order.push('reply')
      replies.push(message as never)
    },
    decide: ({ id, tool, target }, verdict) => {
      order.push('decide')
      decided.push({ id, tool, target, ...verdict })
    },
    isDecided: (id) => decided.some((each) => each.id === id),
  })
  return { ...gate, replies, decided, order, response: (at = 0) => replies[at]?.response.response }
}

/** What was taken is judged by then, and whoever is to be asked is. */
const judged = () => new Promise((done) => setImmediate(done))

const input = { file_path: 'a' }
const asking = (id: string): ClaudeEvent =>
  ({ kind: 'permission', requestId: `r-${id}`, id, tool: 'Read', target: 'a', input }) as const
const used = (id: string): ClaudeEvent => ({ kind: 'tool_use', id, tool: 'Read', target: 'a', input }) as const
const brought = (id: string, isError: boolean): ClaudeEvent => ({
  kind: 'tool_result',
  id,
  isError,
  text: '<tool_use_error>no\n such</tool_use_error>',
})

t.test('what is allowed is carried out with the input that was judged, and recorded before', async (t) => {
  const gate = gateWith({ input: { file_path: '/base/a' } })
  gate.take(used('1'))
  gate.take(asking('1'))
  await gate.close()
  t.same(gate.response(), { behavior: 'allow', updatedInput: { file_path: '/base/a' } })
  t.same(gate.decided, [
    { id: '1', tool: 'Read', target: 'a', decision: 'allow', rule: 'r', by: 'policy', why: 'because.' },
  ])
  t.same(gate.order, ['before Read /base/a', 'decide', 'reply'])
})

t.test('a denial tells Claude the rule and why', async (t) => {
  const gate = gateWith({ decision: 'deny' })
  gate.take(asking('1'))
  await gate.close()
  t.match(gate.response(), { behavior: 'deny', message: /\(r\)\. because\.$/ })
})

t.test('a person’s word decides where a rule asks, and nobody is a no', async (t) => {
  const cases: [answer: Awaited<ReturnType<GateParts['approve']>>, decision: string, by: string][] = [
    [{ approved: true, by: 'anna', reason: null }, 'allow', 'anna'],
    [{ approved: false, by: 'anna', reason: null }, 'deny', 'anna'],
    [{ approved: false, by: null, reason: 'No server is connected.' }, 'deny', 'nobody'],
  ]
  for (const [answer, decision, by] of cases) {
    const gate = gateWith({ decision: 'ask' }, async () => answer)
    gate.take(asking('1'))
    await judged()
    await gate.close()
    t.match(gate.decided, [{ decision, by, rule: 'r' }], by)
    t.match(gate.response(), { behavior: decision }, by)
  }
})

t.test('a question that the CLI withdraws, or the end of the run, is given up', async (t) => {
  const patient: GateParts['approve'] = (_, signal) =>
    new Promise((done) =>
      signal.addEventListener('abort', () => done({ approved: false, by: null, reason: 'given up' })),
    )
  const gate = gateWith({ decision: 'ask' }, patient)
  gate.take(asking('1'))
  gate.take(asking('2'))
  await judged()
  t.equal(gate.isAsking(), true)
  gate.take({ kind: 'permission_withdrawn', requestId: 'r-1' })
  gate.take({ kind: 'permission_withdrawn', requestId: 'unknown' })
  await gate.close()
  t.equal(gate.isAsking(), false)
  t.match(gate.decided, [
    { id: '1', decision: 'deny' },
    { id: '2', decision: 'deny' },
  ])
})

t.test('nobody is asked about what the CLI withdrew, or left behind, while it was judged', async (t) => {
  let asked = 0
  const gate = gateWith({ decision: 'ask' }, async () => {
    asked += 1
    return { approved: true, by: 'anna', reason: null }
  })
  gate.take(asking('1'))
  gate.take({ kind: 'permission_withdrawn', requestId: 'r-1' })
  gate.take(asking('2'))
  await gate.close()
  t.equal(asked, 0)
  t.match(gate.decided, [
    { id: '1', decision: 'deny', by: 'nobody', rule: 'r' },
    { id: '2', decision: 'deny', by: 'nobody', rule: 'r' },
  ])
  t.same(gate.order, ['decide', 'reply', 'decide', 'reply'])
})

t.test('a call about which something went wrong is denied, and the CLI is told', async (t) => {
  const gate = gateWith({ decision: 'ask' }, () => Promise.reject(new Error('the line is dead')))
  gate.take(asking('1'))
  await judged()
  await gate.close()
  t.equal(gate.isAsking(), false)
  t.match(gate.decided, [{ id: '1', decision: 'deny', why: 'It cannot be judged: the line is dead.' }])
  t.match(gate.response(), { behavior: 'deny' })
})

t.test('what the CLI denies by itself is recorded once, by our rule where it says the same', async (t) => {
  const denied: ClaudeEvent = { kind: 'denied', id: '1', tool: 'Read', target: null, reason: '--restricted' }
  const named = gateWith({ decision: 'deny', rule: 'security.denyRead: x' })
  named.take(used('1'))
  named.take(denied)
  await named.close()
  named.take(brought('1', true))
  await named.close()
  t.match(named.decided, [{ id: '1', decision: 'deny', by: 'cli', rule: 'security.denyRead: x' }])
  t.equal(named.decided.length, 1)
  const plain = gateWith({})
  plain.take(used('1'))
  plain.take(denied)
  await plain.close()
  t.match(plain.decided, [{ decision: 'deny', by: 'cli', rule: '--restricted' }])
})

t.test('a tool use that failed unasked is a denial in the CLI’s words; one that went well is seen', async (t) => {
  const gate = gateWith({})
  gate.take(used('1'))
  gate.take(brought('1', true))
  gate.take(used('2'))
  gate.take(brought('2', false))
  await gate.close()
  t.match(
    gate.decided.find(({ id }) => id === '1'),
    { decision: 'deny', by: 'cli', rule: 'no such' },
  )
  t.match(
    gate.decided.find(({ id }) => id === '2'),
    { decision: 'allow', by: 'cli', rule: 'not asked' },
  )
})
