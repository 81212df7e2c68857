import t from 'tap'
import { codePageDecoder, consoleCodePage, type Decoder, utf8Decoder } from '../../../../core/runner/output/decode.ts'
import { recordingLogger } from '../support.ts'

function decode(decoder: Decoder, bytes: Uint8Array, size: number): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += size) text += decoder.push(bytes.subarray(at, at + size))
  return text + decoder.flush()
}

t.test('UTF-8 is decoded alike wherever it is split', async (t) => {
  const text = '\uFEFFa ü € 😀 \0 end'
  for (let size = 1; size < 8; size++) t.equal(decode(utf8Decoder(), Buffer.from(text), size), text)
})

t.test('what is not valid becomes U+FFFD, also a character that breaks off at the end', async (t) => {
  t.equal(decode(utf8Decoder(), Buffer.from([0x61, 0xff, 0x62, 0xc3, 0x28, 0xe2, 0x82]), 1), 'a\ufffdb\ufffd(\ufffd')
  t.equal(
    decode(utf8Decoder(), Buffer.from([0xed, 0xa0, 0x80]), 3).isWellFormed(),
    true,
    'an encoded surrogate is none',
  )
})

t.test('console code pages are decoded alike wherever they are split', async (t) => {
  const logger = recordingLogger()
  const cp850 = Buffer.from([0x81, 0x20, 0x84, 0x20, 0xd5])
  t.equal(decode(await codePageDecoder(850, logger), cp850, 1), 'ü ä ı')
  const cp932 = Buffer.from([0x93, 0xfa, 0x96, 0x7b])
  for (let size = 1; size < 5; size++) t.equal(decode(await codePageDecoder(932, logger), cp932, size), '日本')
  t.equal(decode(await codePageDecoder(65001, logger), Buffer.from('ü€'), 1), 'ü€')
  t.same(logger.lines, [])
})

t.test('an unknown code page is read as UTF-8, and the log says so', async (t) => {
  for (const codePage of [null, 99999]) {
    const logger = recordingLogger()
    t.equal(decode(await codePageDecoder(codePage, logger), Buffer.from('ü'), 1), 'ü')
    t.hasStrict(logger.lines, [{ level: 'warn', fields: { codePage } }])
  }
})

t.test('a program that writes UTF-8 is read so whatever the console’s code page is, line by line', async (t) => {
  const logger = recordingLogger()
  const old = { 437: [0x81], 850: [0x81], 1252: [0xfc], 932: [0x93, 0xfa] }
  for (const [codePage, bytes] of Object.entries(old)) {
    const text = { 932: '日' }[codePage] ?? 'ü'
    const output = Buffer.concat([Buffer.from('Grüße 日本語 🎉\r\n'), Buffer.from(bytes), Buffer.from('\r\nend ü')])
    for (const size of [1, 2, 3, 7, 100]) {
      const decoded = decode(await codePageDecoder(Number(codePage), logger), output, size)
      t.equal(decoded, `Grüße 日本語 🎉\r\n${text}\r\nend ü`, `${codePage}, by ${size} bytes`)
    }
  }
})

t.test('ASCII does not wait for the end of its line, and nothing waits for ever', async (t) => {
  const decoder = await codePageDecoder(850, recordingLogger())
  t.equal(decoder.push(Buffer.from('Continue? ')), 'Continue? ')
  t.equal(decoder.push(Buffer.from([0x81])), '')
  t.equal(decoder.push(Buffer.from('\n')), 'ü\n')
  const endless = await codePageDecoder(850, recordingLogger())
  const text = 'ü '.repeat(50_000)
  let pushed = ''
  for (let at = 0; at < 5; at++) pushed += endless.push(Buffer.from(text).subarray(at * 30_000, (at + 1) * 30_000))
  t.ok(pushed.length > 30_000)
  t.equal(pushed + endless.flush(), text)
})

t.test('the code page is read from what chcp says in any language', async (t) => {
  const page = (chcp: string, registry = '') => consoleCodePage((program) => (program === 'chcp.com' ? chcp : registry))
  t.equal(page('Active code page: 437\r\n'), 437)
  t.equal(page('Aktive Codepage: 850.\r\n'), 850)
  t.equal(page(''), null)
})

t.test('without a console it is the one that a new console would have', async (t) => {
  const asked: (readonly [string, readonly string[]])[] = []
  const page = consoleCodePage((program, args) => {
    asked.push([program, args])
    return program === 'chcp.com'
      ? 'Active code page: 0\r\n'
      : '\r\nHKEY_LOCAL_MACHINE\\…\r\n    OEMCP    REG_SZ    850\r\n\r\n'
  })
  t.equal(page, 850)
  t.same(asked, [
    ['chcp.com', []],
    ['reg.exe', ['query', 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Nls\\CodePage', '/v', 'OEMCP']],
  ])
})
