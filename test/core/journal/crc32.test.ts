import { crc32 as crc32OfNode } from 'node:zlib'
import t from 'tap'
import { crc32 } from '../../../core/journal/crc32.ts'

t.test('short and long data have the checksum that zlib gives them', async (t) => {
  for (const length of [0, 1, 2, 3, 255, 256, 4095, 4096, 4097, 100_000]) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 3)) & 0xff)
    t.equal(crc32(bytes), crc32OfNode(bytes), `${length} bytes`)
  }
  for (const text of ['', 'a', 'grüße €', 'x'.repeat(5000)]) t.equal(crc32(text), crc32OfNode(text))
})
