import t from 'tap'
import { linesOf } from '../../../examples/server/lines.ts'

async function split(...pieces: string[]): Promise<string[]> {
  async function* source() {
    yield* pieces
  }
  const lines: string[] = []
  for await (const line of linesOf(source())) lines.push(line)
  return lines
}

t.test('lines end with a line feed and with nothing else', async (t) => {
  t.same(await split('a\nb\n'), ['a', 'b'])
  t.same(await split('a', 'b\n', '\n', 'c\r\nd\u2028e', 'f\n'), ['ab', '', 'c\r', 'd\u2028ef'])
  t.same(await split('a\nunfinished'), ['a'])
  t.same(await split(), [])
})
