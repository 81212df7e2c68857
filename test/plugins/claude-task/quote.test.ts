import t from 'tap'
import { quoted } from '../../../plugins/claude-task/quote.ts'

t.test('plain text is put in quotes', async (t) => {
  t.equal(quoted('a "b" ü'), '"a \\"b\\" ü"')
})

t.test('nothing in it can move a cursor, end a line or turn the text', async (t) => {
  const text = quoted('\n\u001b[2J\u2028\u202e\u200b\u0085\ud800')
  t.notMatch(text, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  t.ok(text.isWellFormed())
})

t.test('a long text is cut', async (t) => {
  t.ok(quoted('x'.repeat(100_000)).length < 300)
})
