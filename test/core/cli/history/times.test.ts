import t from 'tap'
import { lengthText, momentText, readMoment } from '../../../../core/cli/history/times.ts'

t.test('moments are read as people write them', (t) => {
  const now = Date.UTC(2026, 0, 21, 12)
  t.equal(readMoment('90m', now), now - 90 * 60_000)
  t.equal(readMoment('7d', now), now - 7 * 86_400_000)
  t.equal(readMoment('2026-01-21T17:00:00Z'), Date.UTC(2026, 0, 21, 17))
  t.equal(readMoment('2026-01-21'), new Date(2026, 0, 21).getTime(), 'a day of this machine’s zone')
  t.equal(readMoment('2026-01-21T17:00'), new Date(2026, 0, 21, 17).getTime())
  for (const text of ['soon', '', '7x', '2026-13-01']) t.throws(() => readMoment(text), { code: 'USAGE' }, text)
  t.end()
})

t.test('moments and lengths are shown in few words', (t) => {
  const at = Date.UTC(2026, 0, 21, 17, 3, 1, 999)
  t.equal(momentText(at, true), '2026-01-21 17:03:01Z')
  t.equal(readMoment(momentText(at, false).replace(' ', 'T')), at - 999, 'local times lead back')
  const lengths = [0, 877, 12_345, 59_999, 245_000, 12_000_000].map(lengthText)
  t.same(lengths, ['0 ms', '877 ms', '12.3 s', '59.9 s', '4 min 5 s', '3 h 20 min'])
  t.end()
})
