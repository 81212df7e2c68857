import { createHash } from 'node:crypto'
import t, { type Test } from 'tap'
import { HeadTail } from '../../../../core/runner/output/head-tail.ts'

function filled(capacity: number, pieces: readonly string[]): HeadTail {
  const kept = new HeadTail(capacity)
  for (const piece of pieces) kept.push(piece)
  return kept
}

/** What a correct result looks like, worked out the slow way. */
function checkAgainstWhole(t: Test, kept: HeadTail, whole: string): void {
  const truncation = kept.truncation()
  const bytes = Buffer.from(whole)
  t.equal(kept.totalBytes, bytes.length)
  if (truncation === undefined) {
    t.equal(kept.text(), whole)
    return
  }
  const [, head = '', dropped = '', tail = ''] = /^(.*?)\n?\[… (\d+) bytes left out …\]\n(.*)$/s.exec(kept.text()) ?? []
  t.ok(whole.startsWith(head), 'begins as the whole does')
  t.ok(whole.endsWith(tail), 'ends as the whole does')
  t.equal(Number(dropped), truncation.droppedBytes)
  t.equal(Buffer.byteLength(head) + Buffer.byteLength(tail) + truncation.droppedBytes, bytes.length)
  t.same(truncation, {
    totalBytes: bytes.length,
    droppedBytes: truncation.droppedBytes,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  })
}

t.test('what fits is kept whole, and nothing is said of a truncation', async (t) => {
  t.equal(filled(10, []).text(), '')
  const kept = filled(10, ['12345', '', '67890'])
  t.equal(kept.text(), '1234567890')
  t.equal(kept.truncation(), undefined)
})

t.test('one byte more, and the middle gives way to a line that says how much is missing', async (t) => {
  t.equal(filled(10, ['12345', '67890', 'x']).text(), '12345\n[… 1 bytes left out …]\n7890x')
  t.equal(
    filled(10, ['abcd\n', 'efghijklmnopqrst']).text(),
    'abcd\n[… 11 bytes left out …]\npqrst',
    'no second line end',
  )
})

t.test('a code point is never cut', async (t) => {
  const kept = filled(10, ['aaaa€', 'xxxx', '€bbbb'])
  t.equal(kept.text(), 'aaaa\n[… 10 bytes left out …]\nbbbb')
  t.same(kept.truncation()?.droppedBytes, 10)
})

t.test('whatever the pieces, text, counts and hash are those of the whole', async (t) => {
  const units = ['a', 'ü', '€', '😀', 'xyz']
  for (let round = 0; round < 300; round++) {
    const pieces = Array.from({ length: Math.floor(Math.random() * 30) }, () => {
      const length = Math.floor(Math.random() ** 3 * 60)
      return Array.from({ length }, () => units[Math.floor(Math.random() * units.length)]).join('')
    })
    checkAgainstWhole(t, filled(2 + Math.floor(Math.random() * 60), pieces), pieces.join(''))
  }
})

t.test('what it says can be asked for in between, and a copy goes its own way', async (t) => {
  const kept = filled(4, ['abcdef'])
  const copy = kept.clone()
  t.equal(kept.text(), 'ab\n[… 2 bytes left out …]\nef')
  copy.push('gh')
  checkAgainstWhole(t, copy, 'abcdefgh')
  checkAgainstWhole(t, kept, 'abcdef')
  t.equal(filled(4, ['ab']).clone().text(), 'ab')
})
