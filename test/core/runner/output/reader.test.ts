import { PassThrough } from 'node:stream'
import { setImmediate as tick } from 'node:timers/promises'
import t from 'tap'
import { Redactor } from '../../../../core/redaction/index.ts'
import { type Decoder, utf8Decoder } from '../../../../core/runner/output/decode.ts'
import { createReader } from '../../../../core/runner/output/reader.ts'

function readerOf(source: PassThrough, decoder: Decoder | Promise<Decoder> = utf8Decoder()) {
  const taken: string[] = []
  const gates: PromiseWithResolvers<void>[] = []
  const reader = createReader(source, {
    decoder,
    redaction: new Redactor().stream(),
    onActivity() {},
    take(text) {
      taken.push(text)
      const gate = Promise.withResolvers<void>()
      gates.push(gate)
      return gate.promise
    },
  })
  return { reader, taken, gates }
}

t.test('nothing is read, and nothing lost, while the decoder is still being loaded', async (t) => {
  const source = new PassThrough()
  const loading = Promise.withResolvers<Decoder>()
  const { reader, taken, gates } = readerOf(source, loading.promise)
  source.end('text')
  await tick()
  t.equal(reader.isWaiting(), true)
  t.same(taken, [])
  loading.resolve(utf8Decoder())
  await tick()
  await tick()
  t.same(taken, ['text'])
  gates[0]?.resolve()
  await reader.ended
})

t.test('what comes is handed on one piece at a time, and the end waits for the last', async (t) => {
  const source = new PassThrough()
  const { reader, taken, gates } = readerOf(source)
  source.write('one')
  await tick()
  source.end('two')
  await tick()
  t.same(taken, ['one'])
  t.equal(reader.isWaiting(), true)
  gates[0]?.resolve()
  await tick()
  await tick()
  t.same(taken, ['one', 'two'])
  gates[1]?.resolve()
  await reader.ended
  t.equal(reader.isWaiting(), false)
})

t.test(
  'a reader that is closed ends, whoever is still being waited for, and hands on a character broken off',
  async (t) => {
    const source = new PassThrough()
    const { reader, taken } = readerOf(source)
    source.write(Buffer.from([0x61]))
    await tick()
    reader.close()
    await reader.ended
    t.same(taken, ['a'])
  },
)

t.test('a pipe that breaks is an end', async (t) => {
  const source = new PassThrough()
  const { reader, taken, gates } = readerOf(source)
  source.write(Buffer.from([0x61, 0xe2]))
  await tick()
  gates[0]?.resolve()
  await tick()
  source.destroy(new Error('EIO'))
  await tick()
  gates[1]?.resolve()
  await reader.ended
  t.same(taken, ['a', '\ufffd'])
})
