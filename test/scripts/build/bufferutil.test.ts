import t from 'tap'
import { mask, unmask } from '../../../scripts/build/bufferutil.ts'

/** As RFC 6455 has it. */
function masked(source: Uint8Array, key: Buffer): number[] {
  return Array.from(source, (byte, i) => byte ^ (key[i % 4] as number))
}

const KEY = Buffer.from([0x37, 0xfa, 0x21, 0x3d])
const MEMORY = Uint8Array.from({ length: 64 }, (_, i) => (i * 37) & 0xff)

t.test('every length, wherever source and output lie', async (t) => {
  for (let length = 0; length <= 20; length++) {
    for (let from = 0; from < 4; from++) {
      for (let to = 0; to < 4; to++) {
        const source = Buffer.from(MEMORY.slice().buffer, from, length)
        const output = Buffer.alloc(40).fill(0xee)
        mask(source, KEY, output, to, length)
        const expected = [...Array(to).fill(0xee), ...masked(source, KEY), ...Array(40 - to - length).fill(0xee)]
        if (!output.equals(Buffer.from(expected))) t.fail(`length ${length} from ${from} to ${to}`)
      }
    }
  }
  t.pass('as byte by byte')
})

t.test('in its place, and back', async (t) => {
  const text = Buffer.from('{"type":"heartbeat"} and half a word')
  const original = Buffer.from(text)
  mask(text, KEY, text, 0, text.length)
  t.strictSame([...text], masked(original, KEY))
  unmask(text, KEY)
  t.equal(text.toString(), original.toString())
})

t.test('memory shorter than a word', async (t) => {
  const buffer = Buffer.from(new ArrayBuffer(3), 1, 2)
  mask(buffer, KEY, buffer, 0, 2)
  t.strictSame([...buffer], [0x37, 0xfa])
})
