import { test } from 'tap'
import { findCommandSeals, findResults, openSeal, sealCommand, sealResult } from '../../../core/journal/seal.ts'

const SEAL = { state: 2, origin: 'server', id: 'a.b;c"\u0000ü', digest: 'sha256-ff' } as const

test('A seal gives back what went in, whatever characters that has.', (t) => {
  t.strictSame(openSeal(sealCommand(SEAL)), SEAL)
  t.strictSame(openSeal(sealCommand({ ...SEAL, id: '', digest: '', origin: 'local', state: 0 }))?.id, '')
  t.end()
})

test('A seal with any one bit flipped is none, or unchanged.', (t) => {
  const seal = Buffer.from(sealCommand(SEAL))
  for (let bit = 0; bit < seal.length * 8; bit++) {
    const flipped = Buffer.from(seal)
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
    if (openSeal(flipped.toString('latin1')) !== undefined) t.fail(`bit ${bit}`)
  }
  t.end()
})

test('Seals are found in the middle of anything, broken ones are passed over.', (t) => {
  const other = sealCommand({ ...SEAL, id: 'other' })
  const text = `\u0000\u00ffgjc1.${other}${other.replace('gjc1.2', 'gjc1.3')}gjc1.9.s.x${sealCommand(SEAL)}`
  t.strictSame(
    [...findCommandSeals(text)].map(({ id }) => id),
    ['other', SEAL.id],
  )
  t.end()
})

test('Results are found whole behind their seal, or not at all.', (t) => {
  const json = JSON.stringify({ stdout: 'grüße \ud83d\ude00', data: 1 })
  const bytes = (text: string) => Buffer.from(text).toString('latin1')
  const row = bytes(sealResult('a', json) + json)
  t.strictSame([...findResults(`..${row}..`)], [{ id: 'a', json }])
  t.strictSame([...findResults(row.slice(0, -1))], [])
  t.strictSame([...findResults(row.replace('data', 'dato'))], [])
  t.end()
})
