import { hostname } from 'node:os'
import t from 'tap'
import { linesOf, pictureOf } from '../../scripts/demo-picture.ts'

t.test('lines with a time are kept, without this machine’s names', async (t) => {
  const output = `built dist\n   0.5 s  agent   │ step on ${hostname()} in /tmp/gururmm-demo-abc123/shares\n  12.0 s  server  ${'x'.repeat(300)}\n`
  const [first, second, ...others] = linesOf(output)
  t.strictSame(first, { seconds: 0.5, speaker: 'agent', text: '│ step on front-desk in /tmp/demo/shares' })
  t.ok((second?.text.length ?? 999) <= 118)
  t.strictSame(others, [])
})

t.test('the picture is text that no markup can break', async (t) => {
  const picture = pictureOf([{ seconds: 1, speaker: 'claude', text: '<script>&' }])
  t.match(picture, /&lt;script&gt;&amp;/)
  t.notMatch(picture, /<script/)
})
