import t from 'tap'
import { cannedAnswer, syncLog } from '../../../scripts/demo/sync-log.ts'

t.test('the canned answer names every error of the last 24 hours, no other, and what it is', async (t) => {
  const now = Date.parse('2026-11-22T12:00:00Z')
  const errors = syncLog(now)
    .split('\n')
    .filter((line) => line.includes(' ERROR '))
  const recent = errors.filter((line) => Date.parse(line.split(' ')[0] ?? '') > now - 86_400_000)
  t.equal(errors.length, 3)
  t.equal(recent.length, 2)
  const answer = cannedAnswer(now).split('\n')
  t.same(
    answer.filter((line) => line.startsWith('- ')),
    recent.map((line) => `- ${line}`),
  )
  t.match(answer[0], /canned/)
})
