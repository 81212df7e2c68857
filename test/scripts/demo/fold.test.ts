import t from 'tap'
import { fold } from '../../../scripts/demo/fold.ts'

t.test('a line is broken between words', async (t) => {
  t.strictSame(fold('the agent took the command', 10), ['the agent', 'took the', 'command'])
  t.strictSame(fold('exactly so', 10), ['exactly so'])
  t.strictSame(fold('', 10), [''])
})

t.test('columns stay aligned where they fit', async (t) => {
  t.strictSame(fold('/dev/sda   252G  27G', 30), ['/dev/sda   252G  27G'])
})

t.test('a long word is left whole', async (t) => {
  t.strictSame(fold('in /a/long/path it is', 8), ['in', '/a/long/path', 'it is'])
})
