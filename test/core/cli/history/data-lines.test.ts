import t from 'tap'
import { dataLines } from '../../../../core/cli/history/data-lines.ts'

t.test('a task’s data reads as a list of facts', (t) => {
  const data = {
    session_id: null,
    model: 'claude-x',
    turns: 3,
    cost_usd: 0.0123,
    usage: { input_tokens: 10, output_tokens: 20 },
    denials: [
      { tool: 'Bash', target: 'rm -rf /', reason: null },
      { tool: 'Write', target: '/etc/passwd', reason: 'not allowed' },
    ],
    tools: ['Read', 'Grep'],
    none: [],
    text: '',
  }
  t.same(dataLines(data), [
    'model     claude-x',
    'turns     3',
    'cost_usd  0.0123',
    'usage',
    '  input_tokens   10',
    '  output_tokens  20',
    'denials',
    '  tool   target       reason',
    '  Bash   rm -rf /',
    '  Write  /etc/passwd  not allowed',
    'tools',
    '  - Read',
    '  - Grep',
  ])
  t.end()
})

t.test('objects stand in a table where all have the same fields, else one by one', (t) => {
  t.same(dataLines({ files: [{ a: 1, b: '' }] }), ['files', '  - a 1'])
  t.same(dataLines({ files: [{ a: 1 }, { b: 2 }] }), ['files', '  - a 1', '  - b 2'])
  t.same(
    dataLines({
      files: [
        { a: 1, b: null, c: 'x' },
        { a: 22, b: null, c: 'y' },
      ],
    }),
    ['files', '  a   c', '  1   x', '  22  y'],
  )
  t.end()
})

t.test('data of any shape is shown, and steers no terminal', (t) => {
  t.same(dataLines('plain'), ['plain'])
  t.same(dataLines(7), ['7'])
  t.same(dataLines({ a: [[1], { b: [2] }] }), ['a', '  -', '    - 1', '  -', '    b', '      - 2'])
  t.notOk(dataLines({ 'x\u001b[2J': '\u001b[31m' }).join('').includes('\u001b'))
  t.end()
})
