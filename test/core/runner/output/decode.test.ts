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

t.test('the code page is read from what chcp says in any language', async (t) => {
  t.equal(
    consoleCodePage(() => 'Active code page: 437\r\n'),
    437,
  )
  t.equal(
    consoleCodePage(() => 'Aktive Codepage: 850.\r\n'),
    850,
  )
  t.equal(
    consoleCodePage(() => ''),
    null,
  )
})
