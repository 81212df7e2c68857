import t from 'tap'
import { createProgressLines } from '../../../scripts/demo/progress-lines.ts'

const item = (stream: 'stdout' | 'event', data: unknown) => ({ command_id: 'c1', seq: 1, stream, data })

t.test('pieces of output become lines, events sentences', async (t) => {
  const said: string[] = []
  const lines = createProgressLines((line) => said.push(line))
  lines.take(item('stdout', 'one\ntw'))
  lines.take(item('stdout', 'o\n\u001b[31m'))
  lines.take(item('event', { event: 'tool_use', tool: 'Read', target: '/a\u0007', decision: 'allow', rule: 'r' }))
  lines.take(item('event', { event: 'tool_use', tool: 'Write', target: '/b', decision: 'deny', rule: 'r.s' }))
  lines.take(item('event', { event: 'turn', turn: 2 }))
  lines.take(item('event', { event: 'text', text: 'half a ' }))
  lines.take(item('event', { event: 'text', text: 'line' }))
  lines.take(item('event', { event: 'result', is_error: false, turns: 2 }))
  lines.take(item('event', { event: 'other', detail: 1 }))
  lines.take(item('stdout', 'end'))
  lines.finish()
  lines.finish()
  t.same(said, [
    ...['│ one', '│ two', '│ \ufffd[31m'],
    ...[
      'wants to use the tool Read on /a\ufffd: allowed by r',
      'wants to use the tool Write on /b: denied by r.s',
      'turn 2',
    ],
    ...['│ half a line', 'has answered after 2 turns', 'other {"detail":1}', '│ end'],
  ])
})
