import t from 'tap'
import { MASK, Redactor } from '../../../core/redaction/index.ts'

const SECRET = 'p@ss/word "quoted"+ü'

function redactorOf(...secrets: string[]): Redactor {
  const redactor = new Redactor()
  for (const secret of secrets) redactor.add(secret)
  return redactor
}

function inPieces(redactor: Redactor, pieces: readonly string[]): string {
  const stream = redactor.stream()
  return pieces.map((piece) => stream.push(piece)).join('') + stream.flush()
}

t.test('text without secrets passes through untouched', async (t) => {
  const redactor = new Redactor()
  t.equal(redactor.redact('plain text'), 'plain text')
  t.same(inPieces(redactor, ['plain ', 'text']), 'plain text')
})

t.test('every occurrence of every secret is masked', async (t) => {
  const redactor = redactorOf('first-secret', 'other.secret')
  t.equal(
    redactor.redact('a first-secret, otherXsecret, other.secret first-secret'),
    `a ${MASK}, otherXsecret, ${MASK} ${MASK}`,
  )
})

t.test('a secret under six characters is not masked, and add says so', async (t) => {
  const redactor = new Redactor()
  t.equal(redactor.add('admin'), false)
  t.equal(redactor.add('secret'), true)
  t.equal(redactor.redact('admin secret'), `admin ${MASK}`)
})

t.test('a secret added later is masked from then on, also in a stream that is open', async (t) => {
  const redactor = new Redactor()
  const stream = redactor.stream()
  t.equal(stream.push('late-secret '), 'late-secret ')
  redactor.add('late-secret')
  t.equal(stream.push('late-secret ') + stream.flush(), `${MASK} `)
})

t.test('the spellings of encoders are masked', async (t) => {
  const redactor = redactorOf(SECRET)
  const base64 = Buffer.from(SECRET).toString('base64')
  for (const spelling of [
    SECRET,
    base64,
    Buffer.from(SECRET).toString('base64url'),
    encodeURIComponent(SECRET),
    encodeURIComponent(SECRET).replace(/%../g, (code) => code.toLowerCase()),
    new URLSearchParams({ q: SECRET }).toString().slice(2),
    JSON.stringify(SECRET).slice(1, -1),
  ]) {
    t.equal(redactor.redact(`<${spelling}>`), `<${MASK}>`, spelling)
  }
})

t.test(
  'base64 of a secret amid other text shows at most the two characters it shares with its neighbours',
  async (t) => {
    const redactor = redactorOf('hunter2-hunter2')
    for (const before of ['', 'u', 'us', 'usr']) {
      for (const after of ['', ':', ':x', ':xy']) {
        const header = Buffer.from(`${before}hunter2-hunter2${after}`).toString('base64')
        const masked = redactor.redact(header)
        t.ok(masked.includes(MASK), `${before}…${after}`)
        t.notOk(
          Buffer.from(masked.split(MASK)[0] ?? '', 'base64')
            .toString()
            .includes('hu'),
        )
      }
    }
  },
)

t.test('a secret split at any place over two pieces, or into single characters, is masked', async (t) => {
  const redactor = redactorOf(SECRET)
  const text = `before ${SECRET} between ${Buffer.from(SECRET).toString('base64')} after`
  const expected = `before ${MASK} between ${MASK} after`
  for (let at = 0; at <= text.length; at++) t.equal(inPieces(redactor, [text.slice(0, at), text.slice(at)]), expected)
  t.equal(inPieces(redactor, text.split('')), expected)
})

t.test('a beginning that turns out to be no secret is passed on', async (t) => {
  const redactor = redactorOf('secret-one')
  const stream = redactor.stream()
  t.equal(stream.push('is secret-'), 'is ')
  t.equal(stream.push('two'), 'secret-two')
  t.equal(stream.push(' secret-on') + stream.flush(), ' secret-on')
})

t.test('where secrets overlap or one begins with the other, all they cover is masked', async (t) => {
  t.equal(redactorOf('abcabc', 'cabcxyz').redact('-abcabcxyz-'), `-${MASK}-`)
  t.equal(inPieces(redactorOf('abcabc', 'cabcxyz'), ['-abca', 'bc', 'xyz-']), `-${MASK}-`)
  t.equal(redactorOf('abcdef', 'abcdefgh').redact('abcdefgh abcdef'), `${MASK} ${MASK}`)
  t.equal(inPieces(redactorOf('abcdef', 'abcdefgh'), ['abcdef', 'gh abcdef']), `${MASK} ${MASK}`)
})

t.test('a stream gives what masking the whole text gives, however it is cut', async (t) => {
  const redactor = redactorOf('aabaab', 'abaabaa', 'bbbbbb', 'aabbaabb')
  for (let round = 0; round < 2000; round++) {
    const text = Array.from({ length: 60 }, () => 'ab'[Math.floor(Math.random() * 2)]).join('')
    const pieces: string[] = []
    for (let at = 0; at < text.length; ) {
      const size = 1 + Math.floor(Math.random() * 9)
      pieces.push(text.slice(at, at + size))
      at += size
    }
    if (inPieces(redactor, pieces) !== redactor.redact(text)) t.fail(`differs for ${pieces.join('|')}`)
  }
})

t.test('what is passed on never holds a secret, whatever the pieces', async (t) => {
  const secrets = ['aabaab', 'abaabaa']
  const redactor = redactorOf(...secrets)
  for (let round = 0; round < 2000; round++) {
    const pieces = Array.from({ length: 12 }, () => 'aabaabaa'.slice(0, 1 + Math.floor(Math.random() * 8)))
    const out = inPieces(redactor, pieces)
    if (secrets.some((secret) => out.includes(secret))) t.fail(`leaks for ${pieces.join('|')}`)
  }
})

t.test('a lone surrogate in a secret is no error', async (t) => {
  const redactor = redactorOf('broken\ud800secret')
  t.equal(redactor.redact('a broken\ud800secret'), `a ${MASK}`)
})
