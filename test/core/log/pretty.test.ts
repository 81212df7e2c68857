import t from 'tap'
import { formatLine } from '../../../core/log/pretty.ts'

function line(fields: object): string {
  return JSON.stringify({ level: 'info', time: '2026-03-04T10:20:31.123Z', ...fields })
}

t.test('a line reads as time, level, message and fields', async (t) => {
  t.equal(
    formatLine(line({ msg: 'connected', url: 'wss://x', n: 2 }), false),
    '10:20:31 INFO  connected url="wss://x" n=2\n',
  )
})

t.test('an error’s stack stands below, indented', async (t) => {
  const err = { type: 'Error', message: 'no', stack: 'Error: no\n    at x.ts:1' }
  t.equal(
    formatLine(line({ level: 'error', msg: 'failed', err }), false),
    '10:20:31 ERROR failed\n    Error: no\n        at x.ts:1\n',
  )
})

t.test('without stacks an error is its message', async (t) => {
  const err = { type: 'Error', message: 'no', stack: 'Error: no\n    at x.ts:1' }
  t.equal(formatLine(line({ level: 'error', msg: 'failed', err }), false, false), '10:20:31 ERROR failed\n    no\n')
})

t.test('nothing in a line can act on the terminal', async (t) => {
  const hostile = 'a\u001b[2J\u009b\u202e\n'
  const shown = formatLine(line({ msg: hostile, err: { stack: `Error: ${hostile}` }, field: hostile }), false)
  t.notMatch(shown.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u)
})

t.test('a terminal with colours gets them', async (t) => {
  t.match(formatLine(line({ msg: 'x' }), true), '\u001b[32mINFO')
})
