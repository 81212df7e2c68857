import t from 'tap'
import { plainData, plainText, printableOutput } from '../../../examples/server/text.ts'

t.test('text of an agent is one printable line of bounded length', async (t) => {
  t.equal(plainText('pc-1 ü 日本'), 'pc-1 ü 日本')
  t.equal(plainText('a\u001b[31mb\r\nc\u0085d'), 'a\ufffd[31mb\ufffd\ufffdc\ufffdd')
  t.equal(plainText('a\u202eb\u200bc\u2028d\ufeff'), 'a\ufffdb\ufffdc\ufffdd\ufffd')
  t.equal(plainText('\ud800x'), '\ufffdx')
  t.equal(plainText(`${'x'.repeat(255)}😀`), `${'x'.repeat(255)}\ufffd`)
})

t.test('data of an agent is bounded all through', async (t) => {
  const data = plainData({ list: Array(1000).fill('\u0007'), 'k\u0000': { n: 1, yes: true, nothing: null } })
  t.equal(data.list.length, 256)
  t.same(data, { list: Array(256).fill('\ufffd'), 'k\ufffd': { n: 1, yes: true, nothing: null } })
  t.same(plainData(JSON.parse('{"__proto__":{"polluted":1}}')), JSON.parse('{"__proto__":{"polluted":1}}'))
  t.equal(({} as { polluted?: number }).polluted, undefined)
})

t.test('output keeps its lines and loses what moves a terminal', async (t) => {
  t.equal(printableOutput('a\tb\r\nc\u001b]0;title\u0007\rd\n'), 'a\tb\nc\ufffd]0;title\ufffd\ufffdd\n')
})
