import t from 'tap'
import { createLineQueue } from '../../../../core/runner/output/line-queue.ts'
import { collect } from '../support.ts'

async function linesOf(pieces: readonly string[], maxLineBytes = 1000): Promise<string[]> {
  const queue = createLineQueue(maxLineBytes)
  for (const piece of pieces) void queue.push(piece)
  queue.close()
  return collect(queue.read())
}

t.test('lines come without their ends, however the text was cut', async (t) => {
  const text = 'one\r\ntwo\n\nthree\rstill three\nlast'
  const expected = ['one', 'two', '', 'three\rstill three', 'last']
  for (let size = 1; size <= text.length; size++) {
    const pieces = text.match(new RegExp(`.{1,${size}}`, 'gs')) ?? []
    t.same(await linesOf(pieces), expected)
  }
})

t.test('an end of line at the end makes no further line, and nothing makes none', async (t) => {
  t.same(await linesOf(['a\n']), ['a'])
  t.same(await linesOf([]), [])
  t.same(await linesOf(['\n']), [''])
})

t.test('a longer line is cut at the limit, between code points, and the next is whole', async (t) => {
  t.same(await linesOf(['aaaa€€\nbb', 'bb\nc'], 6), ['aaaa', 'bbbb', 'c'])
  t.same(await linesOf(['a', 'b', 'c', 'd\n'], 2), ['ab'])
})

t.test('a reader gets what is there while more is to come', async (t) => {
  const queue = createLineQueue(1000)
  const lines = queue.read()
  const first = lines.next()
  void queue.push('a\nb')
  t.same(await first, { value: 'a', done: false })
  void queue.push('c\n')
  t.same(await lines.next(), { value: 'bc', done: false })
  queue.close()
  t.same(await lines.next(), { value: undefined, done: true })
})

t.test('whoever writes is made to wait until the reader has caught up', async (t) => {
  const queue = createLineQueue(1000)
  t.equal(queue.push('few\n'), undefined)
  const wait = queue.push('x\n'.repeat(100_000))
  t.ok(wait instanceof Promise)
  const lines = queue.read()
  await lines.next()
  await wait
})

t.test('a reader who leaves early lets everything pass', async (t) => {
  const queue = createLineQueue(1000)
  const wait = queue.push('x\n'.repeat(100_000))
  for await (const line of queue.read()) {
    t.equal(line, 'x')
    break
  }
  await wait
  t.equal(queue.push('x\n'.repeat(100_000)), undefined)
})

t.test('an error comes after what was read', async (t) => {
  const queue = createLineQueue(1000)
  void queue.push('a\n')
  queue.close(new Error('broken'))
  const lines = queue.read()
  t.same(await lines.next(), { value: 'a', done: false })
  await t.rejects(lines.next(), { message: 'broken' })
})
