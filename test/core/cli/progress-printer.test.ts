import { stripVTControlCharacters } from 'node:util'
import t from 'tap'
import { createProgressPrinter } from '../../../core/cli/progress-printer.ts'

function printed(events: readonly object[], columns = 80) {
  let out = ''
  const printer = createProgressPrinter(
    (text) => {
      out += text
    },
    () => columns,
  )
  for (const event of events) printer.event(event)
  printer.finish()
  return { out: stripVTControlCharacters(out), raw: out, answer: printer.answer }
}

t.test('text flows, and a line of its own ends it', async (t) => {
  const events = [
    { event: 'text', text: 'one ' },
    { event: 'text', text: 'two\nthree' },
    { event: 'turn', turn: 2 },
    { event: 'text', text: 'the answer' },
    { event: 'result', is_error: false, cost_usd: 0.010000000000000002, more: { a: 1 }, nothing: null },
  ]
  const { out, answer } = printed(events)
  t.equal(out, 'one two\nthree\n· turn 2\nthe answer\n· result  is error false  cost $0.01\n')
  t.equal(answer, 'the answer')
})

t.test('a tool use says what, on what, and how it was decided', async (t) => {
  const use = { event: 'tool_use', tool: 'Read', target: '/srv/a', rule: 'security.denyRead: a', by: 'policy' }
  t.equal(printed([{ ...use, decision: 'allow' }]).out, '✓ Read /srv/a\n')
  t.equal(printed([{ ...use, decision: 'allow', by: 'anna' }]).out, '✓ Read /srv/a, by anna\n')
  t.equal(
    printed([{ ...use, decision: 'deny', reason: 'It may not be read.' }]).out,
    '✗ Read /srv/a (security.denyRead: a): It may not be read.\n',
  )
  t.equal(
    printed([{ event: 'approval', tool: 'Bash', target: null, rule: 'services', seconds: 60 }]).out,
    '? Bash (services)  seconds 60\n',
  )
})

t.test('money and counts are told for people', async (t) => {
  const usage = {
    input_tokens: 123_456,
    output_tokens: 987,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 5,
  }
  t.equal(
    printed([{ event: 'turn', turn: 2, cost_usd: 0.0276, usage }], 120).out,
    '· turn 2  cost $0.0276  tokens: 123K input, 987 output, 5 cache read input\n',
  )
  const costs = [0, 0.0542018, 1.005, 12].map((cost_usd) => printed([{ event: 'x', cost_usd }]).out)
  t.same(costs, ['· x  cost $0\n', '· x  cost $0.0542\n', '· x  cost $1.00\n', '· x  cost $12.00\n'])
  t.equal(printed([{ event: 'turn', turn: 1, cost_usd: null, usage: null }]).out, '· turn 1\n', 'what is not known')
  t.equal(
    printed([{ event: 'scan', usage: { files: 2, input_tokens: 3, odd: 'x' } }]).out,
    '· scan  2 files, 3 input tokens\n',
  )
})

t.test('lines keep to the width of the terminal, halving no character', async (t) => {
  const target = '😀'.repeat(200)
  const { out } = printed([{ event: 'tool_use', tool: 'Read', target, decision: 'allow' }], 40)
  t.ok([...out.trimEnd()].length <= 39)
  t.ok(out.isWellFormed() && out.endsWith('…\n'))
})

t.test('nothing of an event reaches the terminal as a control sequence', async (t) => {
  const evil = '\u001b[2Jgone\u0007\u202e'
  const { raw } = printed([
    { event: 'text', text: `a${evil}` },
    { event: evil, [evil]: evil },
    { event: 'tool_use', tool: evil, target: evil, decision: 'deny', reason: evil, rule: evil },
  ])
  for (const odd of ['\u001b[2J', '\u0007', '\u202e']) t.notOk(raw.includes(odd), JSON.stringify(odd))
})

t.test('an event of any other shape is a line too', async (t) => {
  t.equal(printed([{ percent: 5 }]).out, '·   percent 5\n')
  t.equal(printed([{ event: 7 }, {}]).out, '· \n· \n')
})
