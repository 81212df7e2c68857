import t from 'tap'
import { createStreamPrinter } from '../../../core/cli/stream-printer.ts'

function printer() {
  const written: string[] = []
  return { written, ...createStreamPrinter((text) => void written.push(text)) }
}

t.test('a stream that came whole is printed once', async (t) => {
  const { piece, finish, written } = printer()
  piece(0, 'snow ☃\n')
  piece(9, 'more\n')
  finish('snow ☃\nmore\n', null)
  t.equal(written.join(''), 'snow ☃\nmore\n')
})

t.test('a result without pieces is printed at the end', async (t) => {
  const { finish, written } = printer()
  finish('all of it', null)
  t.equal(written.join(''), 'all of it')
  const cut = printer()
  cut.finish('head […] tail', 1_000_000)
  t.equal(cut.written.join(''), 'head […] tail')
})

t.test('an end that did not come is taken from the result', async (t) => {
  const { piece, finish, written } = printer()
  piece(0, '☃ one\n')
  finish('☃ one\ntwo\n', null)
  t.equal(written.join(''), '☃ one\ntwo\n')
})

t.test('a piece that was left out is said', async (t) => {
  const { piece, finish, written } = printer()
  piece(0, 'aa')
  piece(5, 'bb')
  finish('aa […] bb', 10)
  t.equal(written.join(''), 'aa\n[… 3 bytes left out …]\nbb\n[… 3 bytes left out …]\n')
})
